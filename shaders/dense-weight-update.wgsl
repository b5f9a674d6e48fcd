// Dense layer, weight gradient and update in one: the gradient never reaches memory.
//
//   g = transpose(input) * delta, then the update of lib/update.wgsl
//   bias: g = column sums of delta, updated by the first row of workgroups
//
// input   [batch][ROWS = inputs], vec4        delta  [batch][outputs], vec4
// Right only when nothing global is needed, and after every reader of the old weight.
// A workgroup updates a tile of the weight (lib/tile.wgsl); z is the replica.

@group(0) @binding(1) var<storage, read> input: array<vec4f, REPLICAS * INPUT_STRIDE>;
@group(0) @binding(2) var<storage, read> delta: array<vec4f, REPLICAS * DELTA_STRIDE>;
@group(0) @binding(3) var<storage, read_write> parameters: array<vec4f, REPLICAS * PARAMETERS_STRIDE>;
@group(0) @binding(4) var<storage, read_write> state: array<vec4f, max(1u, REPLICAS * STATE_STRIDE)>;
@group(0) @binding(5) var<storage, read_write> flags: array<atomic<u32>>;

fn load_input(i: u32) -> vec4f { return input[i]; }
fn load_delta(i: u32) -> vec4f { return delta[i]; }

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y, SLICES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let replica = workgroup.z;
  if (rows[replica].is_active == 0u) { return; }
  update_layer_tile(replica, workgroup, local);
}
