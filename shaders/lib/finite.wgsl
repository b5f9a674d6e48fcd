// Finite by exponent bits: WGSL implementations may assume that NaN and infinity do not occur, so comparisons
// such as x != x prove nothing.

fn is_finite(x: vec4f) -> bool {
  return all((bitcast<vec4u>(x) & vec4u(0x7f800000u)) != vec4u(0x7f800000u));
}
