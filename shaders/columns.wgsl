// Columns beside each other, of one value or two: branches that are joined, and the parts that their gradients are.
//
//   output[row][TO ..] = first[row][FROM .. FROM + FIRST], then second[row][0 .. SECOND]; 0 before and behind
//
// first, second, output  [ROWS = batch padded to 4][columns padded to 4] as single floats
// A thread makes one float; y is the row, z the replica.

@group(0) @binding(1) var<storage, read> first: array<f32, REPLICAS * FIRST_STRIDE>;
@group(0) @binding(2) var<storage, read> second: array<f32, REPLICAS * SECOND_STRIDE>;
@group(0) @binding(3) var<storage, read_write> output: array<f32, REPLICAS * OUTPUT_STRIDE>;

fn value_at(replica: u32, row: u32, column: u32) -> f32 {
  if (column < TO) { return 0.0; }
  let at = column - TO;
  if (at < FIRST) { return first[FIRST_OFFSET + replica * FIRST_STRIDE + row * FIRST_COLUMNS + FROM + at]; }
  if (at < FIRST + SECOND) { return second[SECOND_OFFSET + replica * SECOND_STRIDE + row * SECOND_COLUMNS + at - FIRST]; }
  return 0.0;
}

@compute @workgroup_size(WORKGROUP_X)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let replica = workgroup.z;
  let row = workgroup.y;
  let column = workgroup.x * WORKGROUP_X + local;
  if (column >= COLUMNS || rows[replica].is_active == 0u) { return; }
  output[OUTPUT_OFFSET + replica * OUTPUT_STRIDE + row * COLUMNS + column] = value_at(replica, row, column);
}
