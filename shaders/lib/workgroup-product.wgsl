// A product from slabs in workgroup memory (lib/workgroup-slab.wgsl): for adapters with latency to hide.
//
// A workgroup is WORKGROUP_X x WORKGROUP_Y threads, SLICES deep. While it multiplies one slab from workgroup memory, the
// next is on its way into registers.
// Slice s multiplies every vec4 of k whose number is s modulo SLICES; at the end the slices are summed in ascending order.
// So the bits depend on SLICES and nothing else, and with one slice they are those of lib/direct-product.wgsl.
//
// Barriers depend on constants only. A thread's rows are WORKGROUP_Y blocks apart.

const ROW_STEP = 4u * WORKGROUP_Y;

fn add_slab(sum: Tile, local: vec3u) -> Tile {
  var tile = sum;
  for (var turn = 0u; turn < DEPTH_BLOCKS; turn++) {
    let k = turn * SLICES + local.z;
    var b: BlockRow;
    b.c0 = right(local.x, k);
    if (COLUMN_BLOCKS > 1u) { b.c1 = right(local.x + WORKGROUP_X, k); }
    if (COLUMN_BLOCKS > 2u) {
      b.c2 = right(local.x + 2u * WORKGROUP_X, k);
      b.c3 = right(local.x + 3u * WORKGROUP_X, k);
    }
    tile.r0 = multiply_add_blocks(tile.r0, left(local.y, k), b);
    if (ROW_BLOCKS > 1u) { tile.r1 = multiply_add_blocks(tile.r1, left(local.y + WORKGROUP_Y, k), b); }
    if (ROW_BLOCKS > 2u) {
      tile.r2 = multiply_add_blocks(tile.r2, left(local.y + 2u * WORKGROUP_Y, k), b);
      tile.r3 = multiply_add_blocks(tile.r3, left(local.y + 3u * WORKGROUP_Y, k), b);
    }
  }
  return tile;
}

// One block of the slices' sums, whose rows the slices share out between them.
fn store_sum(replica: u32, row: u32, column4: u32, block: mat4x4f, local: vec3u) {
  let lane = local.y * WORKGROUP_X + local.x;
  workgroupBarrier();
  let own = 4u * local.z * LANES + lane;
  memory[own] = block[0];
  memory[own + LANES] = block[1];
  memory[own + 2u * LANES] = block[2];
  memory[own + 3u * LANES] = block[3];
  workgroupBarrier();
  for (var part = local.z; part < 4u && is_inside(row, column4); part += SLICES) {
    var sum = memory[part * LANES + lane];
    for (var slice = 1u; slice < SLICES; slice++) { sum += memory[(4u * slice + part) * LANES + lane]; }
    store(replica, row + part, column4, sum);
  }
}

fn store_sums(replica: u32, row: u32, column4: u32, blocks: BlockRow, local: vec3u) {
  store_sum(replica, row, column4, blocks.c0, local);
  if (COLUMN_BLOCKS > 1u) { store_sum(replica, row, column4 + WORKGROUP_X, blocks.c1, local); }
  if (COLUMN_BLOCKS > 2u) {
    store_sum(replica, row, column4 + 2u * WORKGROUP_X, blocks.c2, local);
    store_sum(replica, row, column4 + 3u * WORKGROUP_X, blocks.c3, local);
  }
}

fn store_slices(replica: u32, row: u32, column4: u32, tile: Tile, local: vec3u) {
  store_sums(replica, row, column4, tile.r0, local);
  if (ROW_BLOCKS > 1u) { store_sums(replica, row + ROW_STEP, column4, tile.r1, local); }
  if (ROW_BLOCKS > 2u) {
    store_sums(replica, row + 2u * ROW_STEP, column4, tile.r2, local);
    store_sums(replica, row + 3u * ROW_STEP, column4, tile.r3, local);
  }
}

fn store_product(replica: u32, workgroup: vec3u, local: vec3u) {
  let corner = Corner(replica, workgroup.y * 4u * LEFT_BLOCKS, workgroup.x * RIGHT_BLOCKS);
  let thread = local.z * LANES + local.y * WORKGROUP_X + local.x;
  var tile: Tile;
  var share = load_share(corner, 0u, thread);
  for (var k = 0u; k < DEPTH4; k += SLAB) {
    workgroupBarrier();
    keep_share(thread, share);
    workgroupBarrier();
    share = load_share(corner, k + SLAB, thread);
    tile = add_slab(tile, local);
  }
  let row = corner.row + 4u * local.y;
  let column4 = corner.column4 + local.x;
  if (SLICES == 1u) {
    store_tile(replica, row, column4, tile);
  } else {
    store_slices(replica, row, column4, tile, local);
  }
}
