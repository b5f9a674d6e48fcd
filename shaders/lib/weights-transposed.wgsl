// The transpose of weights that lie as [columns][depth], vec4, in `parameters`, as the right factor of a product (lib/tile.wgsl).

fn right_base(replica: u32, column4: u32) -> u32 {
  return WEIGHT_OFFSET + replica * PARAMETERS_STRIDE + 4u * min(column4, COLUMNS4 - 1u) * DEPTH4;
}

// Parts of weight rows, transposed in registers: no transposed copy of the weights is kept.
fn right_part(base: u32, k: u32, part: u32) -> vec4f { return parameters[base + k + part * DEPTH4]; }
