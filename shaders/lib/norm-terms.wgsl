// What four parameters add to the norms of their tensor: (sum v^2, sum w^2, 1 where the gradient is not finite, 0).
// v is the gradient g, or what the rule's norm_vector says (LARS: with its coupled penalties; LAMB: the step's direction).
// Only a trust ratio looks at the weights: without one their sum is 0, and they need not be read.

fn norm_terms(replica: u32, index: u32, w: vec4f, gradient: vec4f, h: Hyperparameters) -> vec4f {
  var v = gradient;
  var weight = 0.0;
  if (TRUST_RATIO) {
    let g = coupled_gradient(w, gradient, h, rows[replica].clip);
    v = norm_vector(w, g, load_slots(replica * STATE_STRIDE + index), h);
    weight = dot(w, w);
  }
  return vec4f(dot(v, v), weight, select(1.0, 0.0, is_finite(gradient)), 0.0);
}
