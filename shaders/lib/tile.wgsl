// One thread's register tile of a matrix product C = A * B, made of 4 x 4 blocks.
//
// A block of C is a mat4x4f whose column i holds row i of the block, so that a block row is one vec4 store.
// A thread owns ROW_BLOCKS x COLUMN_BLOCKS blocks: ROW_STEP rows apart, and WORKGROUP_X vec4 columns apart, so that
// neighbouring threads read and write neighbouring vec4s.
//
// The blocks are struct members, not an array, and the loops over them are written out: an array indexed by a loop
// variable lives in memory, and costs 8 times the time on a software adapter (measured on SwiftShader).
// Block counts are constants, so the unused members and branches vanish.
//
// The kernel file gives ROWS, COLUMNS4, DEPTH4, and four vec4s for every block of A and B:
//   left_base(replica, row), left_part(base, k, part)        block A[row .. row+3][4k .. 4k+3]
//   right_base(replica, column4), right_part(base, k, part)  block B[4k .. 4k+3][4*column4 .. +3]
//   store(replica, row, column4, value)                      one vec4 of C
// A part is a row of its block, or a column of it where LEFT_BY_COLUMNS or RIGHT_BY_COLUMNS says so.
// Rows, columns and depth are padded to 4, pads are zero: only whole blocks can lie outside.
// A product library, chosen with the tile, gives ROW_STEP and store_product: lib/direct-product.wgsl or
// lib/workgroup-product.wgsl.

struct BlockRow { c0: mat4x4f, c1: mat4x4f, c2: mat4x4f, c3: mat4x4f }
struct Tile { r0: BlockRow, r1: BlockRow, r2: BlockRow, r3: BlockRow }

// One output at a time: as vectors, four sums are begun before one is done, and a compiler with few registers parks
// them in memory in between (SwiftShader, 16 x 8 outputs per thread: 14 ms in place of 16).
fn multiply_add_one(sum: f32, row: vec4f, column: vec4f) -> f32 {
  return fma(row.w, column.w, fma(row.z, column.z, fma(row.y, column.y, fma(row.x, column.x, sum))));
}

fn multiply_add_row(sum: vec4f, row: vec4f, b: mat4x4f) -> vec4f {
  return vec4f(
    multiply_add_one(sum.x, row, b[0]),
    multiply_add_one(sum.y, row, b[1]),
    multiply_add_one(sum.z, row, b[2]),
    multiply_add_one(sum.w, row, b[3]),
  );
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

// A block of A as its rows, one of B as its columns.
fn left_block(parts: mat4x4f) -> mat4x4f {
  if (LEFT_BY_COLUMNS) { return transpose(parts); }
  return parts;
}

fn right_block(parts: mat4x4f) -> mat4x4f {
  if (RIGHT_BY_COLUMNS) { return parts; }
  return transpose(parts);
}

fn is_inside(row: u32, column4: u32) -> bool { return row < ROWS && column4 < COLUMNS4; }

// A loop, not ROW_BLOCKS * COLUMN_BLOCKS * 4 copies of the epilogue: the loop indexes memory, but only once per output,
// and compiles in a quarter of the time (SwiftShader, 16 x 8 outputs per thread: 115 ms instead of 450).
fn store_tile(replica: u32, row: u32, column4: u32, tile: Tile) {
  var blocks = array<mat4x4f, 16>(
    tile.r0.c0, tile.r0.c1, tile.r0.c2, tile.r0.c3, tile.r1.c0, tile.r1.c1, tile.r1.c2, tile.r1.c3,
    tile.r2.c0, tile.r2.c1, tile.r2.c2, tile.r2.c3, tile.r3.c0, tile.r3.c1, tile.r3.c2, tile.r3.c3,
  );
  for (var i = 0u; i < 4u * ROW_BLOCKS * COLUMN_BLOCKS; i++) {
    let row_block = i / (4u * COLUMN_BLOCKS);
    let column_block = (i / 4u) % COLUMN_BLOCKS;
    let at_row = row + row_block * ROW_STEP + i % 4u;
    let at_column4 = column4 + column_block * WORKGROUP_X;
    if (is_inside(at_row, at_column4)) {
      store(replica, at_row, at_column4, blocks[4u * row_block + column_block][i % 4u]);
    }
  }
}

fn tile_column4(workgroup: vec3u, local: vec3u) -> u32 {
  return workgroup.x * WORKGROUP_X * COLUMN_BLOCKS + local.x;
}
