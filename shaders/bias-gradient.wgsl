// Dense layer, gradient of its bias: gradients[bias] = column sums of delta.
//
// delta  [batch padded to 4][outputs], vec4        bias gradient  [outputs], vec4, in `gradients`
// ACCUMULATE: added to what the earlier batches of the same update left there. ADDS: always, to another use of the same parameters.
// One thread sums one vec4 of columns (lib/column-sum.wgsl); z is the replica.

@group(0) @binding(1) var<storage, read> delta: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gradients: array<vec4f>;

fn load_delta(i: u32) -> vec4f { return delta[i]; }

@compute @workgroup_size(WORKGROUP_X)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column4 = id.x;
  let replica = id.z;
  if (column4 >= COLUMNS4 || rows[replica].is_active == 0u) { return; }
  let at = BIAS_OFFSET + replica * GRADIENTS_STRIDE + column4;
  var value = column_sum(replica, column4);
  if (ADDS || (ACCUMULATE && rows[replica].starts_group == 0u)) { value += gradients[at]; }
  gradients[at] = value;
}
