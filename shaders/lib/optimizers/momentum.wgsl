// SGD with momentum (PyTorch's convention: no learning rate inside the buffer):
//   m = momentum * m + (1 - dampening) * g, at the first step m = g
//   w -= learning rate * m
// Metric 1: the factor 1 / (1 - momentum) of the proximal threshold is in the row.

fn optimizer(w: vec4f, g: vec4f, slot0: vec4f, slot1: vec4f, h: Hyperparameters) -> Updated {
  let m = h.momentum * slot0 + h.gradient_weight * g;
  return Updated(w - h.step_size * m, m, slot1, vec4f(1.0));
}
