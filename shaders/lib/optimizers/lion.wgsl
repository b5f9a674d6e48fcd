// Lion (Chen et al. 2023):
//   c = beta1 * m + (1 - beta1) * g;  w -= learning rate * sign(c);  m = beta2 * m + (1 - beta2) * g
// The step is c / |c|, so the metric is |c|. slot0 = m.

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  var next = slots;
  let c = h.momentum * slots.slot0 + h.gradient_weight * g;
  next.slot0 = h.beta2 * slots.slot0 + h.one_minus_beta2 * g;
  return Stepped(w - h.step_size * sign_of(c), next, 1.0 / max(abs(c), vec4f(SMALLEST_NORMAL)));
}
