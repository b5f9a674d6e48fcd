// Hard swish: f(z) = z min(max(z + 3, 0), 6) / 6.

fn activate(z: vec4f, replica: u32) -> vec4f {
  return passes_nan(z * (clamp(z + 3.0, vec4f(), vec4f(6.0)) / 6.0), z);
}

// From z: f'(z) = 0 where z < -3, 1 where z >= 3, else z / 3 + 1 / 2.
fn slope(gradient: vec4f, stored: vec4f, replica: u32) -> vec4f {
  return select(select(gradient * (stored / 3.0 + 0.5), gradient, stored >= vec4f(3.0)), vec4f(), stored < vec4f(-3.0));
}
