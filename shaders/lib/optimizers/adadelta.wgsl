// Adadelta (Zeiler 2012; PyTorch's convention):
//   v = rho * v + (1 - rho) * g^2
//   D = sqrt(v + epsilon) / sqrt(x + epsilon), with x of the step before
//   d = g / D;  x = rho * x + (1 - rho) * d^2;  w -= learning rate * d
// slot0 = v, slot1 = x.

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  var next = slots;
  next.slot0 = h.beta2 * slots.slot0 + h.one_minus_beta2 * g * g;
  let inverse_metric = sqrt(slots.slot1 + h.epsilon) / sqrt(next.slot0 + h.epsilon);
  let direction = g * inverse_metric;
  next.slot1 = h.beta2 * slots.slot1 + h.one_minus_beta2 * direction * direction;
  return Stepped(w - h.step_size * direction, next, inverse_metric);
}
