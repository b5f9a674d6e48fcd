// Adagrad (Duchi, Hazan and Singer 2011; PyTorch's convention):
//   s = s + g^2
//   D = sqrt(s + epsilon_root) + epsilon
//   w -= learning rate / (1 + (t - 1) * decay) * g / D
// slot0 = s. The step size in the row is already decayed. D is kept above 0, so that 0 / D is 0; and where g^2 is too small
// for f32 the root is |g|, or g / D would be beyond all bounds where it should be 1.

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  var next = slots;
  next.slot0 = slots.slot0 + g * g;
  let squares = next.slot0 + h.epsilon_root;
  let root = select(sqrt(squares), max(sqrt(squares), abs(g)), squares < vec4f(SMALLEST_SQUARE));
  let inverse_metric = 1.0 / max(root + h.epsilon, vec4f(SMALLEST_NORMAL));
  return Stepped(w - h.step_size * g * inverse_metric, next, inverse_metric);
}
