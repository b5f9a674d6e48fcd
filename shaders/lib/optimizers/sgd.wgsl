// Stochastic gradient descent: w -= learning rate * g. No state. Metric 1.

fn optimizer(w: vec4f, g: vec4f, slots: Slots, h: Hyperparameters) -> Stepped {
  return Stepped(w - h.step_size * g, slots, vec4f(1.0));
}
