// Exponential linear unit: f(z) = z where z > 0, else exp(z) - 1.

fn activate(z: vec4f) -> vec4f {
  return passes_nan(select(expm1(z), z, z > vec4f()), z);
}

// From the output: f'(z) = 1 where it is positive, else f + 1.
fn slope(gradient: vec4f, stored: vec4f) -> vec4f {
  return select(gradient * (stored + 1.0), gradient, stored > vec4f());
}
