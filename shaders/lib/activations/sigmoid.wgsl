// Logistic sigmoid: f(z) = 1 / (1 + exp(-z)), by the exponential that cannot overflow. What is neither above 0 nor at most 0
// is NaN and passes through: some adapters' exp makes a number of it.

fn activate(z: vec4f, replica: u32) -> vec4f {
  let e = exp(-abs(z));
  let part = vec4f(1.0) / (vec4f(1.0) + e);
  return select(select(z, part, z > vec4f()), e * part, z <= vec4f());
}

// From the output: f'(z) = f (1 - f).
fn slope(gradient: vec4f, stored: vec4f, replica: u32) -> vec4f {
  return gradient * (stored * (vec4f(1.0) - stored));
}
