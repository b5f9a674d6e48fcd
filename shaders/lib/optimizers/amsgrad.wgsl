// AMSGrad (Reddi, Kale and Kumar 2018; PyTorch's convention: the maximum of v before its bias correction):
//   m, v as in Adam;  vmax = max(vmax, v)
//   D = sqrt(vmax / (1 - beta2^t) + epsilon_root) + epsilon
//   w -= learning rate / (1 - beta1^t) * m / D
// slot0 = m, slot1 = v, slot2 = vmax.

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  var next = slots;
  next.slot0 = h.momentum * slots.slot0 + h.gradient_weight * g;
  next.slot1 = h.beta2 * slots.slot1 + h.one_minus_beta2 * g * g;
  next.slot2 = max(slots.slot2, next.slot1);
  let inverse_metric = 1.0 / (sqrt(next.slot2 * h.inverse_c2 + h.epsilon_root) + h.epsilon);
  return Stepped(w - h.step_size * next.slot0 * inverse_metric, next, inverse_metric);
}
