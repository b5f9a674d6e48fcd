// Logistic sigmoid: f(z) = 1 / (1 + exp(-z)), by the exponential that cannot overflow. NaN passes through.

fn activate(z: vec4f) -> vec4f {
  let e = exp(-abs(z));
  return select(vec4f(1.0), e, z < vec4f()) / (vec4f(1.0) + e);
}

// From the output: f'(z) = f (1 - f).
fn slope(gradient: vec4f, stored: vec4f) -> vec4f {
  return gradient * (stored * (vec4f(1.0) - stored));
}
