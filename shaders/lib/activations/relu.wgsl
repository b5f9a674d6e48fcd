// ReLU: f(z) = 0 where z <= 0, else z. NaN passes through, so that a divergence reaches the loss instead of being hidden.
// By the bits, as integers: 0, and all from that of -infinity (-8388608) down. Of floats max(NaN, 0) may be 0, and z <= 0 may
// hold for NaN (llvmpipe).

fn activate(z: vec4f, replica: u32) -> vec4f {
  let bits = bitcast<vec4i>(z);
  return select(z, vec4f(), (bits == vec4i()) | (bits <= vec4i(-8388608)));
}

// From the output, or what a dropout left of it: f'(z) = 1 where it is positive, else 0. Never a product: inf * 0 would be NaN.
fn slope(gradient: vec4f, stored: vec4f, replica: u32) -> vec4f {
  return select(vec4f(), gradient, stored > vec4f());
}
