// Dense layer, gradient of its input, times the derivative of the activation and dropout that made that input:
//
//   output = (delta * transpose(weight)) * mask * scale
//
// MASK_POSITIVE: mask = stored input > 0. For ReLU followed by inverted dropout that is exactly "kept and z > 0",
//                because the scale is at least 1; no mask is stored and none is drawn again.
// MASK_DROPOUT:  dropout without ReLU below: the mask is drawn again from the counter.
// Neither:       the input is the plain output of the layer below.
//
// delta   [ROWS = batch][outputs], vec4       weight  [inputs][outputs], vec4, in `parameters`
// input   [ROWS][inputs], vec4, as stored     output  [ROWS][inputs], vec4
// One thread makes a register tile of outputs (lib/tile.wgsl); z is the replica.

@group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read> delta: array<vec4f>;
@group(0) @binding(3) var<storage, read> input: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>;

fn left_base(replica: u32, row: u32) -> u32 {
  return DELTA_OFFSET + replica * DELTA_STRIDE + min(row, ROWS - 4u) * DEPTH4;
}

fn left(base: u32, k: u32) -> mat4x4f {
  let i = base + k;
  return mat4x4f(delta[i], delta[i + DEPTH4], delta[i + 2u * DEPTH4], delta[i + 3u * DEPTH4]);
}

fn right_base(replica: u32, column4: u32) -> u32 {
  return WEIGHT_OFFSET + replica * PARAMETERS_STRIDE + 4u * min(column4, COLUMNS4 - 1u) * DEPTH4;
}

// Four weight rows, transposed in registers: no transposed copy of the weights is kept.
fn right(base: u32, k: u32) -> mat4x4f {
  let i = base + k;
  return transpose(mat4x4f(
    parameters[i], parameters[i + DEPTH4], parameters[i + 2u * DEPTH4], parameters[i + 3u * DEPTH4],
  ));
}

fn store(replica: u32, row: u32, column4: u32, product: vec4f) {
  var value = product;
  let at = row * COLUMNS4 + column4;
  if (MASK_POSITIVE) {
    var scale = 1.0;
    if (DROPOUT) { scale = rows[replica].dropouts[DROPOUT_INDEX].scale; }
    let stored = input[INPUT_OFFSET + replica * INPUT_STRIDE + at];
    value = select(vec4f(), value * scale, stored > vec4f());
  }
  if (MASK_DROPOUT) {
    let words = dropout_words(row, column4, WIDTH, rows[replica].seed, STREAM, rows[replica].step);
    value = apply_dropout(value, words, rows[replica].dropouts[DROPOUT_INDEX]);
  }
  output[OUTPUT_OFFSET + replica * OUTPUT_STRIDE + at] = value;
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let replica = workgroup.z;
  if (rows[replica].is_active == 0u) { return; }
  let row = tile_row(workgroup, local);
  let column4 = tile_column4(workgroup, local);
  store_tile(replica, row, column4, matrix_product(replica, row, column4));
}
