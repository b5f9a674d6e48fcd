// NAdam (Dozat 2016; PyTorch's convention):
//   m, v and D as in Adam;  mu_t = beta1 * (1 - 0.5 * 0.96^(t * momentum decay)), P_t = mu_1 * ... * mu_t
//   w -= learning rate * ((1 - mu_t) / (1 - P_t) * g + mu_{t+1} / (1 - P_{t+1}) * m) / D
// step_size is the factor of g, coefficient that of m. slot0 = m, slot1 = v.

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  var next = slots;
  next.slot0 = h.momentum * slots.slot0 + h.gradient_weight * g;
  next.slot1 = h.beta2 * slots.slot1 + h.one_minus_beta2 * g * g;
  let inverse_metric = 1.0 / (sqrt(next.slot1 * h.inverse_c2) + h.epsilon);
  return Stepped(w - (h.step_size * g + h.coefficient * next.slot0) * inverse_metric, next, inverse_metric);
}
