// The Gaussian error linear unit's approximation by a tangent: f(z) = z (1 + tanh(u)) / 2, u = sqrt(2 / pi) (z + 0.044715 z^3).
// (1 + tanh(u)) / 2 = 1 / (1 + exp(-2 u)).

const ROOT_2_PI: f32 = 0.7978845608028654;

// Beyond it the sigmoid is 0 or 1 in f32, and cubes overflow later on.
fn bounded(z: vec4f) -> vec4f { return clamp(z, vec4f(-12.0), vec4f(12.0)); }

fn twice_u(z: vec4f) -> vec4f { return 2.0 * ROOT_2_PI * z * (1.0 + 0.044715 * z * z); }

fn activate(z: vec4f, replica: u32) -> vec4f {
  return passes_nan(z * logistic(twice_u(bounded(z))), z);
}

// From z: with s = 1 / (1 + exp(-2 u)), f'(z) = s + z s (1 - s) 2 du/dz.
fn slope(gradient: vec4f, stored: vec4f, replica: u32) -> vec4f {
  let z = bounded(stored);
  let u2 = twice_u(z);
  let s = logistic(u2);
  return gradient * (s + z * (2.0 * ROOT_2_PI * (1.0 + 3.0 * 0.044715 * z * z)) * s * logistic(-u2));
}
