// Products of a weight with itself, for the orthogonal penalty:
//
//   gram = transpose(W) * W, or W * transpose(W) where there are more outputs than inputs (WIDE): the smaller of both
//
// W     [inputs][OUTPUTS4], vec4, in `parameters`       gram  [ROWS][COLUMNS4], vec4, ROWS = 4 * COLUMNS4
// Only where the penalty is felt: not in the first batches of an update, nor with strength 0.
// A workgroup makes a tile of the product (lib/tile.wgsl); z is the replica.

@group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gram: array<vec4f>;

// Where four vectors of W begin that are multiplied with each other: rows, or four columns side by side.
fn vectors(replica: u32, i: u32) -> u32 {
  let first = WEIGHT_OFFSET + replica * PARAMETERS_STRIDE;
  return select(first + i, first + 4u * i * OUTPUTS4, WIDE);
}

// Of a block of elements 4k .. 4k + 3 of those vectors: one vector's elements (WIDE), or one element of all four.
fn part_of(base: u32, k: u32, part: u32) -> vec4f {
  return parameters[select(base + 4u * k * OUTPUTS4, base + k, WIDE) + part * OUTPUTS4];
}

fn left_base(replica: u32, row: u32) -> u32 { return vectors(replica, min(row / 4u, COLUMNS4 - 1u)); }
fn right_base(replica: u32, column4: u32) -> u32 { return vectors(replica, min(column4, COLUMNS4 - 1u)); }

fn left_part(base: u32, k: u32, part: u32) -> vec4f { return part_of(base, k, part); }
fn right_part(base: u32, k: u32, part: u32) -> vec4f { return part_of(base, k, part); }

fn store(replica: u32, row: u32, column4: u32, product: vec4f) {
  gram[GRAM_OFFSET + replica * GRAM_STRIDE + row * COLUMNS4 + column4] = product;
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y, SLICES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let replica = workgroup.z;
  if (rows[replica].is_active == 0u || rows[replica].ends_group == 0u) { return; }
  if (rows[replica].groups[group_of(replica, TENSOR)].orthogonal == 0.0) { return; }
  store_product(replica, workgroup, local);
}
