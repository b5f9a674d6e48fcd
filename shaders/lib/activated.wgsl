// Activation of one vec4 of a row of WIDTH values. What pads a row stays zero, also where f(0) is not: padded columns
// would feed padded rows of the next weight, which then would train.
//
// The activation's own library gives activate(z, replica) and slope(gradient, stored, replica).

fn activated(z: vec4f, replica: u32, column4: u32) -> vec4f {
  let value = activate(z, replica);
  if (KEEPS_ZERO) { return value; }
  let columns = vec4u(4u * column4) + vec4u(0u, 1u, 2u, 3u);
  return select(vec4f(), value, columns < vec4u(WIDTH));
}
