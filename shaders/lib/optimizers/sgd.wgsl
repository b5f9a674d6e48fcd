// Stochastic gradient descent: w -= learning rate * g. No state. Metric 1.

fn optimizer(w: vec4f, g: vec4f, slot0: vec4f, slot1: vec4f, h: Hyperparameters) -> Updated {
  return Updated(w - h.step_size * g, slot0, slot1, vec4f(1.0));
}
