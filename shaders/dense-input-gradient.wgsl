// Dense layer, gradient of its input, times the derivative of the activation and dropout that made that input:
//
//   output = product_gradient(delta * transpose(weight)) as in lib/layer-below.wgsl
//
// delta   [ROWS = batch][outputs], vec4       weight  [inputs][outputs], vec4, in `parameters` (lib/weights-transposed.wgsl), or
// input   [ROWS][inputs], vec4, as stored             another layer's, whose transpose went forward (lib/weights.wgsl)
// output  [ROWS][inputs], vec4
// A workgroup makes a tile of outputs (lib/tile.wgsl); z is the replica.

@group(0) @binding(1) var<storage, read> parameters: array<vec4f, REPLICAS * PARAMETERS_STRIDE>;
@group(0) @binding(2) var<storage, read> delta: array<vec4f, REPLICAS * DELTA_STRIDE>;
@group(0) @binding(3) var<storage, read> input: array<vec4f, REPLICAS * INPUT_STRIDE>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4f, REPLICAS * OUTPUT_STRIDE>;

fn left_base(replica: u32, row: u32) -> u32 {
  return DELTA_OFFSET + replica * DELTA_STRIDE + min(row, ROWS - 4u) * DEPTH4;
}

fn left_part(base: u32, k: u32, part: u32) -> vec4f { return delta[base + k + part * DEPTH4]; }

fn load_stored(replica: u32, row: u32, column4: u32) -> vec4f {
  return input[INPUT_OFFSET + replica * INPUT_STRIDE + row * COLUMNS4 + column4];
}

fn store(replica: u32, row: u32, column4: u32, product: vec4f) {
  output[OUTPUT_OFFSET + replica * OUTPUT_STRIDE + row * COLUMNS4 + column4] =
    product_gradient(replica, row, column4, product);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y, SLICES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let replica = workgroup.z;
  if (rows[replica].is_active == 0u) { return; }
  store_product(replica, workgroup, local);
}
