// Huber's loss: with d = z - t, d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2); delta is the loss's first number.

fn element_loss(z: vec4f, t: vec4f, own: LayerNumbers) -> vec4f {
  let d = abs(z - t);
  return select(own.first * (d - 0.5 * own.first), 0.5 * d * d, d <= vec4f(own.first));
}

fn element_gradient(z: vec4f, t: vec4f, own: LayerNumbers) -> vec4f { return clamp(z - t, vec4f(-own.first), vec4f(own.first)); }

fn is_miss(z: vec4f, t: vec4f) -> vec4<bool> { return vec4<bool>(false); }
