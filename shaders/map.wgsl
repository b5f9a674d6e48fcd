// One pass over a value [ROWS = batch][COLUMNS4], vec4, for what no product's epilogue does. Each part if it is asked for:
//
//   output = product_gradient(activate(input + other))
//
// input, output   as the value lies
// other           what is added (ADD): another branch, or the gradient that came through it
// stored          what the layer below stored, for the gradient's steps (lib/layer-below.wgsl)
// A forward dropout is the gradient's: the same mask and scale. A thread makes one vec4 of a row; z is the replica.

@group(0) @binding(1) var<storage, read> input: array<vec4f, REPLICAS * INPUT_STRIDE>;
@group(0) @binding(2) var<storage, read> other: array<vec4f, REPLICAS * OTHER_STRIDE>;
@group(0) @binding(3) var<storage, read> stored: array<vec4f, REPLICAS * STORED_STRIDE>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4f, REPLICAS * OUTPUT_STRIDE>;

fn load_stored(replica: u32, row: u32, column4: u32) -> vec4f {
  return stored[STORED_OFFSET + replica * STORED_STRIDE + row * COLUMNS4 + column4];
}

@compute @workgroup_size(WORKGROUP_X)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let replica = workgroup.z;
  let row = workgroup.y;
  let column4 = workgroup.x * WORKGROUP_X + local;
  if (column4 >= COLUMNS4 || rows[replica].is_active == 0u) { return; }
  let at = row * COLUMNS4 + column4;
  var value = input[INPUT_OFFSET + replica * INPUT_STRIDE + at];
  if (ADD) { value += other[OTHER_OFFSET + replica * OTHER_STRIDE + at]; }
  if (ACTIVATE) { value = activated(value, replica, column4); }
  output[OUTPUT_OFFSET + replica * OUTPUT_STRIDE + at] = product_gradient(replica, row, column4, value);
}
