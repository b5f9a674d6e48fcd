// ReLU: f(z) = 0 where z <= 0, else z. Written with a compare and select, not max(): NaN passes through, so that a
// divergence reaches the loss instead of being hidden (max(NaN, 0) may be 0).

fn activate(z: vec4f) -> vec4f {
  return select(z, vec4f(), z <= vec4f());
}

// From the output, or what a dropout left of it: f'(z) = 1 where it is positive, else 0. Never a product: inf * 0 would be NaN.
fn slope(gradient: vec4f, stored: vec4f) -> vec4f {
  return select(vec4f(), gradient, stored > vec4f());
}
