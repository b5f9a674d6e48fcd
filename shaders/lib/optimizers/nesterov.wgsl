// SGD with Nesterov momentum (PyTorch's convention, dampening 0):
//   m = momentum * m + g
//   w -= learning rate * (g + momentum * m)
// Metric 1: the factor 1 / (1 - momentum) of the proximal threshold is in the row.

fn optimizer(w: vec4f, g: vec4f, slot0: vec4f, slot1: vec4f, h: Hyperparameters) -> Updated {
  let m = h.momentum * slot0 + h.gradient_weight * g;
  return Updated(w - h.step_size * (g + h.momentum * m), m, slot1, vec4f(1.0));
}
