// SiLU, or Swish: f(z) = z / (1 + exp(-beta z)), beta the row's number of this activation.

fn beta(replica: u32) -> f32 { return rows[replica].layers[ACTIVATION_LAYER].first; }

fn activate(z: vec4f, replica: u32) -> vec4f {
  return passes_nan(z * logistic(beta(replica) * z), z);
}

// From z: with s = 1 / (1 + exp(-beta z)), f'(z) = s + beta z s (1 - s). A beta z that overflows must not be multiplied by 0.
fn slope(gradient: vec4f, stored: vec4f, replica: u32) -> vec4f {
  let scaled = beta(replica) * stored;
  let s = logistic(scaled);
  return gradient * (s + clamp(scaled, vec4f(-1e30), vec4f(1e30)) * s * logistic(-scaled));
}
