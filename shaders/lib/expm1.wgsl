// exp(z) - 1 for z <= 0, as exact next to 0 as elsewhere: there by the first eight terms of its series, of which the next one is
// below half a unit in the last place.

fn expm1(z: vec4f) -> vec4f {
  let terms = z * (1.0 + z / 2.0 * (1.0 + z / 3.0 * (1.0 + z / 4.0 * (1.0 + z / 5.0 * (1.0 + z / 6.0 * (1.0 + z / 7.0))))));
  return select(exp(z) - 1.0, terms, z > vec4f(-0.35));
}
