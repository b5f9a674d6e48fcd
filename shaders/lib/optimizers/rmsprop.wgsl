// RMSProp (Tieleman and Hinton 2012; PyTorch's convention):
//   v = alpha * v + (1 - alpha) * g^2
//   CENTERED: mean = alpha * mean + (1 - alpha) * g, and v - mean^2, at least 0, in place of v (Graves 2013)
//   D = sqrt(v + epsilon_root) + epsilon
//   w -= learning rate * g / D;  WITH_MOMENTUM: m = momentum * m + g / D, w -= learning rate * m
// slot0 = v, then mean, then m, as far as there are any. The factor 1 / (1 - momentum) of the threshold is in the row.

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  var next = slots;
  next.slot0 = h.beta2 * slots.slot0 + h.one_minus_beta2 * g * g;
  var variance = next.slot0;
  if (CENTERED) {
    next.slot1 = h.beta2 * slots.slot1 + h.one_minus_beta2 * g;
    variance = max(next.slot0 - next.slot1 * next.slot1, vec4f());
  }
  let inverse_metric = 1.0 / (sqrt(variance + h.epsilon_root) + h.epsilon);
  var direction = g * inverse_metric;
  if (WITH_MOMENTUM && CENTERED) {
    direction += h.momentum * slots.slot2;
    next.slot2 = direction;
  }
  if (WITH_MOMENTUM && !CENTERED) {
    direction += h.momentum * slots.slot1;
    next.slot1 = direction;
  }
  return Stepped(w - h.step_size * direction, next, inverse_metric);
}
