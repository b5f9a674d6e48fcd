// LARS (You, Gitman and Ginsburg 2017):
//   ratio = trust coefficient * |w| / (|g| + weight decay * |w| + epsilon) over the tensor, 1 where a norm is 0
//   m = momentum * m + learning rate * ratio * (g + weight decay * w);  w -= m
// coefficient: the trust coefficient, 0 where the ratio is 1 (biases); the kernel puts the ratio in its place.
// decay is the weight decay itself. Metric 1 / ratio; the factor 1 / (1 - momentum) of the threshold is in the row.
// slot0 = m.

fn norm_vector(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> vec4f { return g; }

fn trust_ratio(weight_norm: f32, gradient_norm: f32, h: Hyperparameters) -> f32 {
  let has_ratio = h.coefficient > 0.0 && weight_norm > 0.0 && gradient_norm > 0.0;
  let ratio = h.coefficient * weight_norm / (gradient_norm + h.decay * weight_norm + h.epsilon);
  return select(1.0, ratio, has_ratio);
}

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  var next = slots;
  next.slot0 = h.momentum * slots.slot0 + h.step_size * h.coefficient * (g + h.decay * w);
  return Stepped(w - next.slot0, next, vec4f(h.coefficient));
}
