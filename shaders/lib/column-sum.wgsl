// Bias gradient of one vec4 of outputs: the column sum of delta over the padded batch, in ascending order.
// Rows from `count` on hold zeros.

fn column_sum(replica: u32, column4: u32) -> vec4f {
  let base = DELTA_OFFSET + replica * DELTA_STRIDE + column4;
  var sum = vec4f();
  for (var b = 0u; b < 4u * DEPTH4; b++) { sum += load_delta(base + b * COLUMNS4); }
  return sum;
}
