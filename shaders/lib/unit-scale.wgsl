// Factor of units' incoming weights, from the sums of their squares:
//
//   group lasso             w *= max(0, 1 - group_threshold / |w|)
//   max-norm and unit-norm  w *= clamp(|w|, norm_minimum, norm_maximum) / |w|, with |w| after the group lasso
//
// A norm of 0 stays.

fn norm_scale(sum_of_squares: vec4f, h: Hyperparameters) -> vec4f {
  let norm = sqrt(sum_of_squares);
  let shrink = max(vec4f(1.0) - h.group_threshold / max(norm, vec4f(SMALLEST_NORMAL)), vec4f());
  let shrunk = shrink * norm;
  let bound = clamp(shrunk, vec4f(h.norm_minimum), vec4f(h.norm_maximum));
  // Within the bounds nothing is divided: a quotient of equals need not be exactly 1.
  return shrink * select(vec4f(1.0), bound / shrunk, (shrunk > vec4f()) & (bound != shrunk));
}
