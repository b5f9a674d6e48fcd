// Smooth L1: with d = z - t, d^2 / (2 beta) where |d| < beta, else |d| - beta / 2; beta is the loss's first number.

fn element_loss(z: vec4f, t: vec4f, own: LayerNumbers) -> vec4f {
  let d = abs(z - t);
  return select(d - 0.5 * own.first, 0.5 * d * (d / own.first), d < vec4f(own.first));
}

fn element_gradient(z: vec4f, t: vec4f, own: LayerNumbers) -> vec4f { return clamp((z - t) / own.first, vec4f(-1.0), vec4f(1.0)); }

fn is_miss(z: vec4f, t: vec4f) -> vec4<bool> { return vec4<bool>(false); }
