// Softplus: f(z) = log(1 + exp(z)) = max(z, 0) + log(1 + exp(-|z|)).

fn activate(z: vec4f) -> vec4f {
  let e = exp(-abs(z));
  // Next to 1 log is only exact to 2^-21: below it the series, e - e^2 / 2.
  return passes_nan(max(z, vec4f()) + select(log(1.0 + e), e * (1.0 - 0.5 * e), e < vec4f(2e-4)), z);
}

// From z: f'(z) = 1 / (1 + exp(-z)).
fn slope(gradient: vec4f, stored: vec4f) -> vec4f {
  return gradient * logistic(stored);
}
