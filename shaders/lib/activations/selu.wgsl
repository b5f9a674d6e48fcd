// Scaled exponential linear unit: f(z) = SCALE z where z > 0, else SCALE ALPHA (exp(z) - 1).

const SELU_SCALE: f32 = 1.0507009873554805;
const SELU_SCALE_ALPHA: f32 = 1.7580993408473766;

fn activate(z: vec4f, replica: u32) -> vec4f {
  return passes_nan(select(SELU_SCALE_ALPHA * expm1(z), SELU_SCALE * z, z > vec4f()), z);
}

// From the output: f'(z) = SCALE where it is positive, else f + SCALE ALPHA.
fn slope(gradient: vec4f, stored: vec4f, replica: u32) -> vec4f {
  return gradient * select(stored + SELU_SCALE_ALPHA, vec4f(SELU_SCALE), stored > vec4f());
}
