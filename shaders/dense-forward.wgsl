// Dense layer, forward: output = dropout(activation(input * weight + bias)).
//
// input       [ROWS = batch][inputs], vec4           weight  [inputs][outputs], vec4, in `parameters` (lib/weights.wgsl), or the
// output      [ROWS][outputs], vec4                          transpose of another layer's (lib/weights-transposed.wgsl)
// bias        [outputs], in `parameters`
// What the activation is made from may be kept (lib/keep.wgsl). A workgroup makes a tile of outputs (lib/tile.wgsl); z is the replica.

@group(0) @binding(1) var<storage, read> parameters: array<vec4f, REPLICAS * PARAMETERS_STRIDE>;
@group(0) @binding(2) var<storage, read> input: array<vec4f, REPLICAS * INPUT_STRIDE>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4f, REPLICAS * OUTPUT_STRIDE>;

fn left_base(replica: u32, row: u32) -> u32 {
  return INPUT_OFFSET + replica * INPUT_STRIDE + min(row, ROWS - 4u) * DEPTH4;
}

fn left_part(base: u32, k: u32, part: u32) -> vec4f { return input[base + k + part * DEPTH4]; }

var<private> draw: DropoutDraw;

fn store(replica: u32, row: u32, column4: u32, product: vec4f) {
  var value = product + parameters[BIAS_OFFSET + replica * PARAMETERS_STRIDE + column4];
  keep(value, replica, row, column4);
  if (ACTIVATE) { value = activated(value, replica, column4); }
  if (DROPOUT) { value = drop_out(value, row, column4, draw); }
  output[OUTPUT_OFFSET + replica * OUTPUT_STRIDE + row * COLUMNS4 + column4] = value;
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y, SLICES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let replica = workgroup.z;
  if (rows[replica].is_active == 0u) { return; }
  if (DROPOUT) { draw = dropout_draw(replica); }
  store_product(replica, workgroup, local);
}
