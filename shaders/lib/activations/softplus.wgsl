// Softplus: f(z) = log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)).

fn activate(z: vec4f, replica: u32) -> vec4f {
  return passes_nan(max(z, vec4f()) + log1p(exp(-abs(z))), z);
}

// From z: f'(z) = 1 / (1 + exp(-z)).
fn slope(gradient: vec4f, stored: vec4f, replica: u32) -> vec4f {
  return gradient * logistic(stored);
}
