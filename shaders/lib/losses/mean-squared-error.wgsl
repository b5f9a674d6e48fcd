// Squared error: (z - t)^2.

fn element_loss(z: vec4f, t: vec4f, own: LayerNumbers) -> vec4f {
  let d = z - t;
  return d * d;
}

fn element_gradient(z: vec4f, t: vec4f, own: LayerNumbers) -> vec4f { return 2.0 * (z - t); }

fn is_miss(z: vec4f, t: vec4f) -> vec4<bool> { return vec4<bool>(false); }
