// Adamax (Kingma and Ba 2015, section 7.1; PyTorch's convention):
//   m = beta1 * m + (1 - beta1) * g
//   u = max(beta2 * u, |g| + epsilon)
//   w -= learning rate / (1 - beta1^t) * m / u
// Metric u. slot0 = m, slot1 = u.

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  var next = slots;
  next.slot0 = h.momentum * slots.slot0 + h.gradient_weight * g;
  next.slot1 = max(h.beta2 * slots.slot1, abs(g) + h.epsilon);
  let inverse_metric = 1.0 / next.slot1;
  return Stepped(w - h.step_size * next.slot0 * inverse_metric, next, inverse_metric);
}
