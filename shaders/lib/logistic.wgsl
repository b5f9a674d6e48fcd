// 1 / (1 + exp(-z)), by the exponential that cannot overflow.

fn logistic(z: vec4f) -> vec4f {
  let e = exp(-abs(z));
  let part = vec4f(1.0) / (vec4f(1.0) + e);
  return select(e * part, part, z > vec4f());
}
