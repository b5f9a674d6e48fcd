// FTRL-proximal (McMahan et al. 2013), the learning rate of this and of the last update apart:
//   n' = n + g^2
//   z += g - ((beta + sqrt(n')) / learning rate - (beta + sqrt(n)) / last learning rate) * w
//   w = -soft(z, l1) / ((beta + sqrt(n')) / learning rate + l2), 0 where that divisor is 0
// L1 and L2 are part of the rule: l1_threshold and l2_proximal hold the strengths themselves, and no proximal step
// follows. step_size = 1 / learning rate, coefficient = 1 / last learning rate, epsilon = beta.
// slot0 = z, slot1 = n.

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  var next = slots;
  next.slot1 = slots.slot1 + g * g;
  let curvature = (sqrt(next.slot1) + h.epsilon) * h.step_size;
  next.slot0 = slots.slot0 + g - (curvature - (sqrt(slots.slot1) + h.epsilon) * h.coefficient) * w;
  let divisor = curvature + h.l2_proximal;
  let weight = soft_threshold(-next.slot0, vec4f(h.l1_threshold)) / divisor;
  return Stepped(select(weight, vec4f(), divisor == vec4f()), next, vec4f(1.0));
}
