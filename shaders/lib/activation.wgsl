// ReLU: 0 where z <= 0, else z. Written with a compare and select, not max(): NaN passes through, so that a
// divergence reaches the loss instead of being hidden (max(NaN, 0) may be 0).

fn relu(z: vec4f) -> vec4f {
  return select(z, vec4f(), z <= vec4f());
}
