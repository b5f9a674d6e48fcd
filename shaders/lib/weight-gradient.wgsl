// The product transpose(input) * delta behind the weight gradient kernels.
// Both operands are contiguous along the outputs; the sum runs over the batch.
// Rows are the layer's inputs, columns its outputs, depth the batch.
//
// The kernel file gives load_input(i) and load_delta(i), and ROWS, COLUMNS4 and the offsets: constants where one
// layer is meant, private variables of the workgroup where one dispatch does all layers.

fn left_base(replica: u32, row: u32) -> u32 {
  return INPUT_OFFSET + replica * INPUT_STRIDE + min(row, ROWS - 4u) / 4u;
}

fn left_part(base: u32, k: u32, part: u32) -> vec4f { return load_input(base + (4u * k + part) * (ROWS / 4u)); }

fn right_base(replica: u32, column4: u32) -> u32 {
  return DELTA_OFFSET + replica * DELTA_STRIDE + min(column4, COLUMNS4 - 1u);
}

fn right_part(base: u32, k: u32, part: u32) -> vec4f { return load_delta(base + (4u * k + part) * COLUMNS4); }
