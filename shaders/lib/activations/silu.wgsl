// SiLU, or Swish: f(z) = z / (1 + exp(-z)).

fn activate(z: vec4f) -> vec4f {
  return passes_nan(z * logistic(z), z);
}

// From z: with s = 1 / (1 + exp(-z)), f'(z) = s + z s (1 - s).
fn slope(gradient: vec4f, stored: vec4f) -> vec4f {
  let s = logistic(stored);
  return gradient * (s + stored * s * logistic(-stored));
}
