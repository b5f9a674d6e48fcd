// Binary cross-entropy of a logit z, s(z) = 1 / (1 + exp(-z)) the probability of a label that is there to the part t:
//
//   -p t log s(z) - (1 - t) log s(-z), log s(z) = -(max(-z, 0) + log(1 + exp(-|z|)))
//
// p, what a label that is there counts, is the loss's first number. Gradient: (1 - t) s(z) - p t s(-z). A miss is a label above 1/2
// whose logit is not above 0, and the other way round.

fn element_loss(z: vec4f, t: vec4f, own: LayerNumbers) -> vec4f {
  let rest = log1p(exp(-abs(z)));
  return own.first * t * (max(-z, vec4f()) + rest) + (1.0 - t) * (max(z, vec4f()) + rest);
}

fn element_gradient(z: vec4f, t: vec4f, own: LayerNumbers) -> vec4f {
  return (1.0 - t) * logistic(z) - own.first * t * logistic(-z);
}

fn is_miss(z: vec4f, t: vec4f) -> vec4<bool> { return (z > vec4f()) != (t > vec4f(0.5)); }
