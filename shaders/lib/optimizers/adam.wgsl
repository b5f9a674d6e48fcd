// Adam (Kingma and Ba 2015; PyTorch's convention, epsilon outside the root), also the core of AdamW:
//   m = beta1 * m + (1 - beta1) * g
//   v = beta2 * v + (1 - beta2) * g^2
//   D = sqrt(v / (1 - beta2^t)) + epsilon
//   w -= learning rate / (1 - beta1^t) * m / D
// Metric D: the proximal threshold is learning rate * l1 / D, which is what solves loss + l1 * sum |w|.

fn optimizer(w: vec4f, g: vec4f, slot0: vec4f, slot1: vec4f, h: Hyperparameters) -> Updated {
  let m = h.momentum * slot0 + h.gradient_weight * g;
  let v = h.beta2 * slot1 + h.one_minus_beta2 * g * g;
  let metric = sqrt(v) * h.inverse_root_c2 + h.epsilon;
  return Updated(w - h.step_size * m / metric, m, v, metric);
}
