// Gradient of the orthogonal penalty, strength * |gram - I|^2, added to that of the weight:
//
//   gradients[weight] += 4 * strength * (W * gram - W), or (gram * W - W) where there are more outputs than inputs (WIDE)
//
// W     [ROWS = inputs][COLUMNS4 = outputs / 4], vec4, in `parameters`; its gradient at the same offset in `gradients`
// gram  [n][n / 4], vec4, n the smaller of inputs and outputs, from the kernel of that name
// Once per update, after its last batch, and not with strength 0. Pads are 0 in W, so they stay 0.
// A workgroup makes a tile of the product (lib/tile.wgsl); z is the replica.

@group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read> gram: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradients: array<vec4f>;

fn weight_base(replica: u32) -> u32 { return WEIGHT_OFFSET + replica * PARAMETERS_STRIDE; }
fn gram_base(replica: u32) -> u32 { return GRAM_OFFSET + replica * GRAM_STRIDE; }

fn load_left(i: u32) -> vec4f {
  if (WIDE) { return gram[i]; }
  return parameters[i];
}

fn load_right(i: u32) -> vec4f {
  if (WIDE) { return parameters[i]; }
  return gram[i];
}

fn left_base(replica: u32, row: u32) -> u32 {
  return select(weight_base(replica), gram_base(replica), WIDE) + min(row, ROWS - 4u) * DEPTH4;
}

fn left_part(base: u32, k: u32, part: u32) -> vec4f { return load_left(base + k + part * DEPTH4); }

fn right_base(replica: u32, column4: u32) -> u32 {
  return select(gram_base(replica), weight_base(replica), WIDE) + min(column4, COLUMNS4 - 1u);
}

fn right_part(base: u32, k: u32, part: u32) -> vec4f { return load_right(base + (4u * k + part) * COLUMNS4); }

fn store(replica: u32, row: u32, column4: u32, product: vec4f) {
  let at = row * COLUMNS4 + column4;
  let difference = product - parameters[weight_base(replica) + at];
  gradients[WEIGHT_OFFSET + replica * GRADIENTS_STRIDE + at] += rows[replica].groups[group_of(replica, TENSOR)].orthogonal * difference;
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y, SLICES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let replica = workgroup.z;
  if (rows[replica].is_active == 0u || rows[replica].ends_group == 0u) { return; }
  if (rows[replica].groups[group_of(replica, TENSOR)].orthogonal == 0.0) { return; }
  store_product(replica, workgroup, local);
}
