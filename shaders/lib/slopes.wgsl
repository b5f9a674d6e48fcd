// Slopes that are learned, of one vec4 of columns: one for each column (PER_UNIT), or one for all.

fn slopes(replica: u32, column4: u32) -> vec4f {
  let at = SLOPES_OFFSET + replica * PARAMETERS_STRIDE;
  if (PER_UNIT) { return parameters[at + column4]; }
  return vec4f(parameters[at].x);
}
