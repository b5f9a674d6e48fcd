// Exponential linear unit: f(z) = z where z > 0, else alpha (exp(z) - 1), alpha the row's number of this activation, 0 or more.

fn alpha(replica: u32) -> f32 { return rows[replica].layers[ACTIVATION_LAYER].first; }

fn activate(z: vec4f, replica: u32) -> vec4f {
  return passes_nan(select(alpha(replica) * expm1(z), z, z > vec4f()), z);
}

// From the output: f'(z) = 1 where it is positive, else f + alpha.
fn slope(gradient: vec4f, stored: vec4f, replica: u32) -> vec4f {
  return select(gradient * (stored + alpha(replica)), gradient, stored > vec4f());
}
