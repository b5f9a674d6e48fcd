// PReLU, backward: the gradient of its input, and the terms of the gradient of its slopes a, some rows at a time.
//
//   output = delta where z > 0, else a delta
//   parts  = sums of delta min(z, 0) over PART_ROWS rows: part p has the rows from p PART_ROWS on
//
// delta, stored = z, output  [ROWS = batch padded to 4][COLUMNS4], vec4     parts  [PARTS][COLUMNS4], vec4
// Slopes of a column each are the column sums of `parts` (bias-gradient.wgsl), one for all is their total
// (slope-total.wgsl). Rows of delta from `count` on hold zeros.
// One thread makes one vec4 of columns of one part; y is the part, z the replica.

@group(0) @binding(1) var<storage, read> parameters: array<vec4f, REPLICAS * PARAMETERS_STRIDE>;
@group(0) @binding(2) var<storage, read> delta: array<vec4f, REPLICAS * DELTA_STRIDE>;
@group(0) @binding(3) var<storage, read> stored: array<vec4f, REPLICAS * STORED_STRIDE>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4f, REPLICAS * OUTPUT_STRIDE>;
@group(0) @binding(5) var<storage, read_write> parts: array<vec4f, REPLICAS * PARTS_STRIDE>;

@compute @workgroup_size(WORKGROUP_X)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let replica = workgroup.z;
  let part = workgroup.y;
  let column4 = workgroup.x * WORKGROUP_X + local;
  if (column4 >= COLUMNS4 || rows[replica].is_active == 0u) { return; }
  let a = slopes(replica, column4);
  var sum = vec4f();
  for (var row = part * PART_ROWS; row < min((part + 1u) * PART_ROWS, ROWS); row++) {
    let at = row * COLUMNS4 + column4;
    let gradient = delta[DELTA_OFFSET + replica * DELTA_STRIDE + at];
    let z = stored[STORED_OFFSET + replica * STORED_STRIDE + at];
    // NaN is above nothing: it stays in the sum.
    let is_above = z > vec4f();
    sum += gradient * select(z, vec4f(), is_above);
    output[OUTPUT_OFFSET + replica * OUTPUT_STRIDE + at] = select(a * gradient, gradient, is_above);
  }
  parts[PARTS_OFFSET + replica * PARTS_STRIDE + part * COLUMNS4 + column4] = sum;
}
