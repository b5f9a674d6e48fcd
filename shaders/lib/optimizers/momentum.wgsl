// SGD with momentum (PyTorch's convention: no learning rate inside the buffer):
//   m = momentum * m + (1 - dampening) * g, at the first step m = g
//   w -= learning rate * m
// Metric 1: the factor (1 - dampening) / (1 - momentum) of the proximal threshold is in the row.

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  var next = slots;
  next.slot0 = h.momentum * slots.slot0 + h.gradient_weight * g;
  return Stepped(w - h.step_size * next.slot0, next, vec4f(1.0));
}
