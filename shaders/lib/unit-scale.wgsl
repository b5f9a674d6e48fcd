// Factor of units' incoming weights, from the sums of their squares:
//
//   group lasso             w *= max(0, 1 - group_threshold * lasso_factor / |w|)
//   max-norm                w *= min(|w|, norm_bound) / |w|, with |w| after the group lasso
//   unit-norm               w *= -norm_bound / |w|, the bound below 0
//
// A norm of 0 stays. Two factors, to be taken one after the other: where the squares had to be scaled (lib/squares.wgsl) their
// product may be beyond f32.

struct UnitScale {
  first: vec4f,
  second: vec4f,
}

// `lasso_factor` is the weight's own: sqrt(inputs), or 1.
fn norm_scale(squares: Squares, h: Hyperparameters, lasso_factor: f32) -> UnitScale {
  let root = sqrt(squares.sum);
  let norm = root * level_unscale(squares.level);
  let shrink = max(vec4f(1.0) - h.group_threshold * lasso_factor / max(norm, vec4f(SMALLEST_NORMAL)), vec4f());
  let shrunk = shrink * norm;
  let bound = clamp(shrunk, vec4f(max(-h.norm_bound, 0.0)), vec4f(abs(h.norm_bound)));
  // Within the bounds nothing is divided: a quotient of equals need not be exactly 1.
  let is_changed = (shrunk > vec4f()) & (bound != shrunk);
  let plain = shrink * select(vec4f(1.0), bound / shrunk, is_changed);
  let is_scaled = is_changed & (squares.level != vec4f());
  return UnitScale(select(vec4f(1.0), level_scale(squares.level), is_scaled), select(plain, bound / root, is_scaled));
}
