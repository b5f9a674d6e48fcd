// The product transpose(input) * delta behind the weight gradient kernels.
// Both operands are contiguous along the outputs; the sum runs over the batch.
// Rows are the layer's inputs, columns its outputs, depth the batch.
//
// The kernel file gives load_input(i) and load_delta(i), and ROWS, COLUMNS4 and the offsets: constants where one
// layer is meant, private variables of the workgroup where one dispatch does all layers.

fn left_base(replica: u32, row: u32) -> u32 {
  return INPUT_OFFSET + replica * INPUT_STRIDE + min(row, ROWS - 4u) / 4u;
}

fn left(base: u32, k: u32) -> mat4x4f {
  let width4 = ROWS / 4u;
  let i = base + 4u * k * width4;
  return transpose(mat4x4f(
    load_input(i), load_input(i + width4), load_input(i + 2u * width4), load_input(i + 3u * width4),
  ));
}

fn right_base(replica: u32, column4: u32) -> u32 {
  return DELTA_OFFSET + replica * DELTA_STRIDE + min(column4, COLUMNS4 - 1u);
}

fn right(base: u32, k: u32) -> mat4x4f {
  let i = base + 4u * k * COLUMNS4;
  return mat4x4f(
    load_delta(i), load_delta(i + COLUMNS4), load_delta(i + 2u * COLUMNS4), load_delta(i + 3u * COLUMNS4),
  );
}
