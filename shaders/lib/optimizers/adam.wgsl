// Adam (Kingma and Ba 2015; PyTorch's convention, epsilon outside the root), also the core of AdamW:
//   m = beta1 * m + (1 - beta1) * g
//   v = beta2 * v + (1 - beta2) * g^2
//   D = sqrt(v / (1 - beta2^t) + epsilon_root) + epsilon
//   w -= learning rate / (1 - beta1^t) * m / D
// Metric D: the proximal threshold is learning rate * l1 / D, which is what solves loss + l1 * sum |w|.
// slot0 = m, slot1 = v.

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  var next = slots;
  next.slot0 = h.momentum * slots.slot0 + h.gradient_weight * g;
  next.slot1 = h.beta2 * slots.slot1 + h.one_minus_beta2 * g * g;
  let inverse_metric = 1.0 / (sqrt(next.slot1 * h.inverse_c2 + h.epsilon_root) + h.epsilon);
  return Stepped(w - h.step_size * next.slot0 * inverse_metric, next, inverse_metric);
}
