// Factor of units' incoming weights, from the sums of their squares:
//
//   group lasso             w *= max(0, 1 - group_threshold / |w|)
//   max-norm and unit-norm  w *= clamp(|w|, norm_minimum, norm_maximum) / |w|, with |w| after the group lasso
//
// A norm of 0 stays. Two factors, to be taken one after the other: where the squares had to be scaled (lib/squares.wgsl) their
// product may be beyond f32.

struct UnitScale {
  first: vec4f,
  second: vec4f,
}

fn norm_scale(squares: Squares, h: Hyperparameters) -> UnitScale {
  let root = sqrt(squares.sum);
  let norm = root * level_unscale(squares.level);
  let shrink = max(vec4f(1.0) - h.group_threshold / max(norm, vec4f(SMALLEST_NORMAL)), vec4f());
  let shrunk = shrink * norm;
  let bound = clamp(shrunk, vec4f(h.norm_minimum), vec4f(h.norm_maximum));
  // Within the bounds nothing is divided: a quotient of equals need not be exactly 1.
  let is_changed = (shrunk > vec4f()) & (bound != shrunk);
  let plain = shrink * select(vec4f(1.0), bound / shrunk, is_changed);
  let is_scaled = is_changed & (squares.level != vec4f());
  return UnitScale(select(vec4f(1.0), level_scale(squares.level), is_scaled), select(plain, bound / root, is_scaled));
}
