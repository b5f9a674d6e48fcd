// All dense layers, weight gradients and updates in one dispatch: dense-weight-update with the layer looked up.
//
// tiles    per workgroup: layer, tile column, tile row
// layers   per layer: rows, columns / 4, weight offset, bias offset | input buffer, offset, stride, weight tensor |
//          delta buffer, offset, stride, bias tensor; offsets and strides in vec4s
// first, second, third   the buffers that hold the activations and deltas, told apart by number
// A workgroup updates a tile of one layer's weight (lib/tile.wgsl); z is the replica.

@group(0) @binding(1) var<storage, read> tiles: array<vec4u>;
@group(0) @binding(2) var<storage, read> layers: array<vec4u>;
@group(0) @binding(3) var<storage, read> first: array<vec4f>;
@group(0) @binding(4) var<storage, read> second: array<vec4f>;
@group(0) @binding(5) var<storage, read> third: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> flags: array<atomic<u32>>;

// What is constant in dense-weight-update is here the same for all threads of a workgroup.
var<private> ROWS: u32;
var<private> COLUMNS4: u32;
var<private> WEIGHT_OFFSET: u32;
var<private> BIAS_OFFSET: u32;
var<private> INPUT_BUFFER: u32;
var<private> INPUT_OFFSET: u32;
var<private> INPUT_STRIDE: u32;
var<private> WEIGHT_TENSOR: u32;
var<private> DELTA_BUFFER: u32;
var<private> DELTA_OFFSET: u32;
var<private> DELTA_STRIDE: u32;
var<private> BIAS_TENSOR: u32;

fn load(buffer: u32, i: u32) -> vec4f {
  if (buffer == 0u) { return first[i]; }
  if (buffer == 1u) { return second[i]; }
  return third[i];
}

fn load_input(i: u32) -> vec4f { return load(INPUT_BUFFER, i); }
fn load_delta(i: u32) -> vec4f { return load(DELTA_BUFFER, i); }

fn select_layer(layer: u32) {
  let shape = layers[3u * layer];
  let input = layers[3u * layer + 1u];
  let delta = layers[3u * layer + 2u];
  ROWS = shape.x;
  COLUMNS4 = shape.y;
  WEIGHT_OFFSET = shape.z;
  BIAS_OFFSET = shape.w;
  INPUT_BUFFER = input.x;
  INPUT_OFFSET = input.y;
  INPUT_STRIDE = input.z;
  WEIGHT_TENSOR = input.w;
  DELTA_BUFFER = delta.x;
  DELTA_OFFSET = delta.y;
  DELTA_STRIDE = delta.z;
  BIAS_TENSOR = delta.w;
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y, SLICES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let replica = workgroup.z;
  if (rows[replica].is_active == 0u) { return; }
  let tile = tiles[workgroup.y * GRID_X + workgroup.x];
  select_layer(tile.x);
  update_layer_tile(replica, tile.yzw, local);
}
