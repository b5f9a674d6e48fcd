// Sums of squares of values whose squares f32 cannot hold: these are scaled first, by a power of two, which rounds nothing
// (Blue, "A portable Fortran program to find the Euclidean norm of a vector", 1978; LAPACK's nrm2). A lane's level says how:
// 1 by SQUARES_DOWN, where a value reaches SQUARES_LARGE; -1 by SQUARES_UP, where none reaches SQUARES_SMALL; 0 not at all.

struct Squares {
  sum: vec4f,
  level: vec4f,
}

// As bits magnitudes are in the order of their values, and NaN above all.
fn magnitude(x: vec4f) -> vec4u { return bitcast<vec4u>(x) & vec4u(0x7fffffffu); }

fn largest_lane(x: vec4u) -> u32 { return max(max(x.x, x.y), max(x.z, x.w)); }

fn level_of(largest: vec4u) -> vec4f {
  let is_small = largest < bitcast<vec4u>(vec4f(SQUARES_SMALL));
  let is_large = largest >= bitcast<vec4u>(vec4f(SQUARES_LARGE));
  return select(select(vec4f(), vec4f(1.0), is_large), vec4f(-1.0), is_small);
}

fn level_scale(level: vec4f) -> vec4f {
  return select(select(vec4f(1.0), vec4f(SQUARES_DOWN), level > vec4f()), vec4f(SQUARES_UP), level < vec4f());
}

// 1 / level_scale
fn level_unscale(level: vec4f) -> vec4f {
  return select(select(vec4f(1.0), vec4f(1.0 / SQUARES_DOWN), level > vec4f()), vec4f(1.0 / SQUARES_UP), level < vec4f());
}

// The sum as it is at a higher level. What vanishes on the way is far below that level's rounding.
fn sum_at(squares: Squares, level: vec4f) -> vec4f {
  let factor = level_scale(level) * level_unscale(squares.level);
  return squares.sum * factor * factor;
}

fn add_squares(a: Squares, b: Squares) -> Squares {
  if (all(a.level == b.level)) { return Squares(a.sum + b.sum, a.level); }
  let level = max(a.level, b.level);
  return Squares(sum_at(a, level) + sum_at(b, level), level);
}
