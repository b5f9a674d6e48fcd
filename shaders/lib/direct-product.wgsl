// A register tile's product straight from storage, no workgroup memory: what adapters without latency to hide run
// fastest. The left blocks come from lib/own-rows.wgsl or lib/quad-rows.wgsl.
// Every output sums over k in ascending order whatever the tile shape: tile shapes agree bit for bit.

const ROW_STEP = 4u;

fn right(base: u32, k: u32) -> mat4x4f {
  return right_block(mat4x4f(
    right_part(base, k, 0u), right_part(base, k, 1u), right_part(base, k, 2u), right_part(base, k, 3u),
  ));
}

fn matrix_product(replica: u32, row: u32, column4: u32, thread: u32) -> Tile {
  let a0 = left_base(replica, row);
  let a1 = left_base(replica, row + ROW_STEP);
  let a2 = left_base(replica, row + 2u * ROW_STEP);
  let a3 = left_base(replica, row + 3u * ROW_STEP);
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
    tile.r0 = multiply_add_blocks(tile.r0, left(a0, k, thread), b);
    if (ROW_BLOCKS > 1u) { tile.r1 = multiply_add_blocks(tile.r1, left(a1, k, thread), b); }
    if (ROW_BLOCKS > 2u) { tile.r2 = multiply_add_blocks(tile.r2, left(a2, k, thread), b); }
    if (ROW_BLOCKS > 3u) { tile.r3 = multiply_add_blocks(tile.r3, left(a3, k, thread), b); }
  }
  return tile;
}

fn store_product(replica: u32, workgroup: vec3u, local: vec3u) {
  let row = (workgroup.y * WORKGROUP_Y + local.y) * ROW_STEP * ROW_BLOCKS;
  let column4 = tile_column4(workgroup, local);
  store_tile(replica, row, column4, matrix_product(replica, row, column4, local.x));
}
