// LAMB (You et al. 2020):
//   m and v as in Adam;  u = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) + weight decay * w
//   w -= learning rate * ratio * u, ratio = |w| / |u| over the tensor, 1 where a norm is 0
// coefficient: 1 where the ratio is used, 0 where it is 1 (biases); the kernel puts the ratio in its place.
// decay is the weight decay itself. step_size is the learning rate, gradient_weight and the rest as in Adam;
// epsilon_root holds 1 / (1 - beta1^t). Metric (sqrt(v / c2) + epsilon) / ratio. slot0 = m, slot1 = v.

fn lamb_slots(g: vec4f, slots: Slots, h: Hyperparameters) -> Slots {
  var next = slots;
  next.slot0 = h.momentum * slots.slot0 + h.gradient_weight * g;
  next.slot1 = h.beta2 * slots.slot1 + h.one_minus_beta2 * g * g;
  return next;
}

fn lamb_inverse_metric(slots: Slots, h: Hyperparameters) -> vec4f {
  return 1.0 / (sqrt(slots.slot1 * h.inverse_c2) + h.epsilon);
}

fn lamb_direction(w: vec4f, slots: Slots, h: Hyperparameters) -> vec4f {
  return slots.slot0 * h.epsilon_root * lamb_inverse_metric(slots, h) + h.decay * w;
}

fn norm_vector(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> vec4f {
  return lamb_direction(w, lamb_slots(g, slots, h), h);
}

fn trust_ratio(weight_norm: f32, direction_norm: f32, h: Hyperparameters) -> f32 {
  let has_ratio = h.coefficient > 0.0 && weight_norm > 0.0 && direction_norm > 0.0;
  return select(1.0, weight_norm / direction_norm, has_ratio);
}

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  let next = lamb_slots(g, slots, h);
  return Stepped(w - h.step_size * h.coefficient * lamb_direction(w, next, h), next, lamb_inverse_metric(next, h) * h.coefficient);
}
