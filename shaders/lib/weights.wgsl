// A layer's weights [inputs][outputs], vec4, in `parameters`, as the right factor of a product (lib/tile.wgsl).

fn right_base(replica: u32, column4: u32) -> u32 {
  return WEIGHT_OFFSET + replica * PARAMETERS_STRIDE + min(column4, COLUMNS4 - 1u);
}

fn right_part(base: u32, k: u32, part: u32) -> vec4f { return parameters[base + (4u * k + part) * COLUMNS4]; }
