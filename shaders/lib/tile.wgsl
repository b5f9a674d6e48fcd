// One thread's register tile of a matrix product C = A * B, made of 4 x 4 blocks.
//
// A block is a mat4x4f whose column i holds row i of the block, so that a block row is one vec4 load or store.
// A thread owns ROW_BLOCKS x COLUMN_BLOCKS blocks: consecutive rows, and columns WORKGROUP_X vec4s apart, so that
// neighbouring threads read and write neighbouring vec4s.
//
// The blocks are struct members, not an array, and the loops over them are written out: an array indexed by a loop
// variable lives in memory, and costs 8 times the time on a software adapter (measured on SwiftShader).
// Block counts are constants, so the unused members and branches vanish.
//
// The kernel file gives: ROWS, COLUMNS4, DEPTH4, and
//   left_base(replica, row), left(base, k)        block A[row .. row+3][4k .. 4k+3]
//   right_base(replica, column4), right(base, k)  block B[4k .. 4k+3][4*column4 .. +3]
//   store(replica, row, column4, value)           one vec4 of C
// Rows, columns and depth are padded to 4, pads are zero: only whole blocks can lie outside.
// Every output sums over k in ascending order whatever the tile shape: tile shapes agree bit for bit.

struct BlockRow { c0: mat4x4f, c1: mat4x4f, c2: mat4x4f, c3: mat4x4f }
struct Tile { r0: BlockRow, r1: BlockRow, r2: BlockRow, r3: BlockRow }

fn multiply_add_row(sum: vec4f, a: vec4f, b: mat4x4f) -> vec4f {
  return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}

fn multiply_add(sum: mat4x4f, a: mat4x4f, b: mat4x4f) -> mat4x4f {
  return mat4x4f(
    multiply_add_row(sum[0], a[0], b),
    multiply_add_row(sum[1], a[1], b),
    multiply_add_row(sum[2], a[2], b),
    multiply_add_row(sum[3], a[3], b),
  );
}

fn multiply_add_blocks(sum: BlockRow, a: mat4x4f, b: BlockRow) -> BlockRow {
  var out: BlockRow;
  out.c0 = multiply_add(sum.c0, a, b.c0);
  if (COLUMN_BLOCKS > 1u) { out.c1 = multiply_add(sum.c1, a, b.c1); }
  if (COLUMN_BLOCKS > 2u) { out.c2 = multiply_add(sum.c2, a, b.c2); }
  if (COLUMN_BLOCKS > 3u) { out.c3 = multiply_add(sum.c3, a, b.c3); }
  return out;
}

fn matrix_product(replica: u32, row: u32, column4: u32) -> Tile {
  let a0 = left_base(replica, row);
  let a1 = left_base(replica, row + 4u);
  let a2 = left_base(replica, row + 8u);
  let a3 = left_base(replica, row + 12u);
  let b0 = right_base(replica, column4);
  let b1 = right_base(replica, column4 + WORKGROUP_X);
  let b2 = right_base(replica, column4 + 2u * WORKGROUP_X);
  let b3 = right_base(replica, column4 + 3u * WORKGROUP_X);
  var tile: Tile;
  for (var k = 0u; k < DEPTH4; k++) {
    var b: BlockRow;
    b.c0 = right(b0, k);
    if (COLUMN_BLOCKS > 1u) { b.c1 = right(b1, k); }
    if (COLUMN_BLOCKS > 2u) { b.c2 = right(b2, k); }
    if (COLUMN_BLOCKS > 3u) { b.c3 = right(b3, k); }
    tile.r0 = multiply_add_blocks(tile.r0, left(a0, k), b);
    if (ROW_BLOCKS > 1u) { tile.r1 = multiply_add_blocks(tile.r1, left(a1, k), b); }
    if (ROW_BLOCKS > 2u) { tile.r2 = multiply_add_blocks(tile.r2, left(a2, k), b); }
    if (ROW_BLOCKS > 3u) { tile.r3 = multiply_add_blocks(tile.r3, left(a3, k), b); }
  }
  return tile;
}

fn store_block(replica: u32, row: u32, column4: u32, block: mat4x4f) {
  if (row < ROWS && column4 < COLUMNS4) {
    store(replica, row, column4, block[0]);
    store(replica, row + 1u, column4, block[1]);
    store(replica, row + 2u, column4, block[2]);
    store(replica, row + 3u, column4, block[3]);
  }
}

fn store_blocks(replica: u32, row: u32, column4: u32, blocks: BlockRow) {
  store_block(replica, row, column4, blocks.c0);
  if (COLUMN_BLOCKS > 1u) { store_block(replica, row, column4 + WORKGROUP_X, blocks.c1); }
  if (COLUMN_BLOCKS > 2u) { store_block(replica, row, column4 + 2u * WORKGROUP_X, blocks.c2); }
  if (COLUMN_BLOCKS > 3u) { store_block(replica, row, column4 + 3u * WORKGROUP_X, blocks.c3); }
}

fn store_tile(replica: u32, row: u32, column4: u32, tile: Tile) {
  store_blocks(replica, row, column4, tile.r0);
  if (ROW_BLOCKS > 1u) { store_blocks(replica, row + 4u, column4, tile.r1); }
  if (ROW_BLOCKS > 2u) { store_blocks(replica, row + 8u, column4, tile.r2); }
  if (ROW_BLOCKS > 3u) { store_blocks(replica, row + 12u, column4, tile.r3); }
}

// First output row and first vec4 column of a thread.
fn tile_row(workgroup: vec3u, local: vec3u) -> u32 {
  return (workgroup.y * WORKGROUP_Y + local.y) * 4u * ROW_BLOCKS;
}

fn tile_column4(workgroup: vec3u, local: vec3u) -> u32 {
  return workgroup.x * WORKGROUP_X * COLUMN_BLOCKS + local.x;
}
