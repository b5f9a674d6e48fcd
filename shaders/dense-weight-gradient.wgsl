// Dense layer, gradient of its weight: gradients[weight] = transpose(input) * delta.
//
// input   [batch][ROWS = inputs], vec4        delta  [batch][outputs], vec4
// weight gradient [inputs][outputs], vec4, in `gradients`, at the weight's own offset
// ACCUMULATE: added to what the earlier batches of the same update left there. ADDS: always, to another use of the same parameters.
// A workgroup makes a tile of the gradient (lib/tile.wgsl); z is the replica.

@group(0) @binding(1) var<storage, read> input: array<vec4f, REPLICAS * INPUT_STRIDE>;
@group(0) @binding(2) var<storage, read> delta: array<vec4f, REPLICAS * DELTA_STRIDE>;
@group(0) @binding(3) var<storage, read_write> gradients: array<vec4f, REPLICAS * GRADIENTS_STRIDE>;

fn load_input(i: u32) -> vec4f { return input[i]; }
fn load_delta(i: u32) -> vec4f { return delta[i]; }

fn store(replica: u32, row: u32, column4: u32, product: vec4f) {
  let at = WEIGHT_OFFSET + replica * GRADIENTS_STRIDE + row * COLUMNS4 + column4;
  var value = product;
  if (ADDS || (ACCUMULATE && rows[replica].starts_group == 0u)) { value += gradients[at]; }
  gradients[at] = value;
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y, SLICES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let replica = workgroup.z;
  if (rows[replica].is_active == 0u) { return; }
  store_product(replica, workgroup, local);
}
