// Leaky ReLU: f(z) = z where z > 0, else z / 100.

const LEAK: f32 = 0.01;

fn activate(z: vec4f) -> vec4f {
  return passes_nan(select(LEAK * z, z, z > vec4f()), z);
}

// From the output, which has the sign of z.
fn slope(gradient: vec4f, stored: vec4f) -> vec4f {
  return select(LEAK * gradient, gradient, stored > vec4f());
}
