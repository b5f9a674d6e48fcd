// SGD with Nesterov momentum (PyTorch's convention, dampening 0):
//   m = momentum * m + g
//   w -= learning rate * (g + momentum * m)
// Metric 1: the factor 1 / (1 - momentum) of the proximal threshold is in the row.

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  var next = slots;
  next.slot0 = h.momentum * slots.slot0 + h.gradient_weight * g;
  return Stepped(w - h.step_size * (g + h.momentum * next.slot0), next, vec4f(1.0));
}
