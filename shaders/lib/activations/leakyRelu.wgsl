// Leaky ReLU: f(z) = z where z > 0, else LEAK z, LEAK the row's number of this activation, 0 or more.

fn leak(replica: u32) -> f32 { return rows[replica].layers[ACTIVATION_LAYER].first; }

fn activate(z: vec4f, replica: u32) -> vec4f {
  return passes_nan(select(leak(replica) * z, z, z > vec4f()), z);
}

// From the output, which is above 0 where z is.
fn slope(gradient: vec4f, stored: vec4f, replica: u32) -> vec4f {
  return select(leak(replica) * gradient, gradient, stored > vec4f());
}
