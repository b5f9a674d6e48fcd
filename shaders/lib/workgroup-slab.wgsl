// Slabs of both operands in workgroup memory, for lib/workgroup-product.wgsl: SLAB vec4s along k of all block rows of A and
// block columns of B that the workgroup needs.
//
// Memory, in vec4s: [part][k of the slab][block row], then [part][k of the slab][block column]. Banks conflict where two
// of eight neighbouring threads touch places equal modulo 8. Reading, they touch neighbouring blocks: no conflict.
// Writing, they hold neighbours in storage: of operands contiguous along k that is one block of eight k, a row of blocks
// apart each. So block b of k lies at b ^ k, which keeps neighbours apart both ways and, unlike padding, takes no memory.
//
// Block, thread, slice and slab counts are powers of two: divisions are shifts.

const SLAB = SLICES * DEPTH_BLOCKS;
const LEFT_BLOCKS = ROW_BLOCKS * WORKGROUP_Y;
const RIGHT_BLOCKS = COLUMN_BLOCKS * WORKGROUP_X;
const RIGHT_START = 4u * SLAB * LEFT_BLOCKS;
const ITEMS = RIGHT_START + 4u * SLAB * RIGHT_BLOCKS;
const LANES = WORKGROUP_X * WORKGROUP_Y;
const THREADS = LANES * SLICES;

var<workgroup> memory: array<vec4f, WORKGROUP_VEC4S>;

// First output row and vec4 column of a workgroup.
struct Corner { replica: u32, row: u32, column4: u32 }

// Which vec4 of an operand's slab: neighbouring i are neighbours in storage.
struct Item { part: u32, k: u32, block: u32 }

fn item_of(i: u32, blocks: u32, along_k: bool) -> Item {
  if (along_k) { return Item((i / SLAB) & 3u, i & (SLAB - 1u), i / (4u * SLAB)); }
  return Item((i / blocks) & 3u, i / (4u * blocks), i & (blocks - 1u));
}

fn place_of(item: Item, blocks: u32) -> u32 {
  return (item.part * SLAB + item.k) * blocks + (item.block ^ (item.k & (blocks - 1u)));
}

fn left_item(i: u32) -> Item { return item_of(i, LEFT_BLOCKS, !LEFT_BY_COLUMNS); }
fn right_item(i: u32) -> Item { return item_of(i - RIGHT_START, RIGHT_BLOCKS, RIGHT_BY_COLUMNS); }

// Past the end of k nothing is read: zeros add nothing.
fn load_item(corner: Corner, first_k: u32, i: u32) -> vec4f {
  if (i < RIGHT_START) {
    let item = left_item(i);
    if (first_k + item.k >= DEPTH4) { return vec4f(); }
    return left_part(left_base(corner.replica, corner.row + 4u * item.block), first_k + item.k, item.part);
  }
  let item = right_item(i);
  if (i >= ITEMS || first_k + item.k >= DEPTH4) { return vec4f(); }
  return right_part(right_base(corner.replica, corner.column4 + item.block), first_k + item.k, item.part);
}

fn keep_item(i: u32, value: vec4f) {
  if (i < RIGHT_START) {
    memory[place_of(left_item(i), LEFT_BLOCKS)] = value;
  } else if (i < ITEMS) {
    memory[RIGHT_START + place_of(right_item(i), RIGHT_BLOCKS)] = value;
  }
}

// A thread's share of a slab: at most 8 items, in registers.
struct Share { i0: vec4f, i1: vec4f, i2: vec4f, i3: vec4f, i4: vec4f, i5: vec4f, i6: vec4f, i7: vec4f }

fn load_share(corner: Corner, first_k: u32, thread: u32) -> Share {
  var share: Share;
  share.i0 = load_item(corner, first_k, thread);
  if (ITEMS > THREADS) { share.i1 = load_item(corner, first_k, thread + THREADS); }
  if (ITEMS > 2u * THREADS) { share.i2 = load_item(corner, first_k, thread + 2u * THREADS); }
  if (ITEMS > 3u * THREADS) { share.i3 = load_item(corner, first_k, thread + 3u * THREADS); }
  if (ITEMS > 4u * THREADS) { share.i4 = load_item(corner, first_k, thread + 4u * THREADS); }
  if (ITEMS > 5u * THREADS) { share.i5 = load_item(corner, first_k, thread + 5u * THREADS); }
  if (ITEMS > 6u * THREADS) { share.i6 = load_item(corner, first_k, thread + 6u * THREADS); }
  if (ITEMS > 7u * THREADS) { share.i7 = load_item(corner, first_k, thread + 7u * THREADS); }
  return share;
}

fn keep_share(thread: u32, share: Share) {
  keep_item(thread, share.i0);
  if (ITEMS > THREADS) { keep_item(thread + THREADS, share.i1); }
  if (ITEMS > 2u * THREADS) { keep_item(thread + 2u * THREADS, share.i2); }
  if (ITEMS > 3u * THREADS) { keep_item(thread + 3u * THREADS, share.i3); }
  if (ITEMS > 4u * THREADS) { keep_item(thread + 4u * THREADS, share.i4); }
  if (ITEMS > 5u * THREADS) { keep_item(thread + 5u * THREADS, share.i5); }
  if (ITEMS > 6u * THREADS) { keep_item(thread + 6u * THREADS, share.i6); }
  if (ITEMS > 7u * THREADS) { keep_item(thread + 7u * THREADS, share.i7); }
}

fn kept(start: u32, blocks: u32, block: u32, k: u32) -> mat4x4f {
  let at = start + place_of(Item(0u, k, block), blocks);
  return mat4x4f(memory[at], memory[at + SLAB * blocks], memory[at + 2u * SLAB * blocks], memory[at + 3u * SLAB * blocks]);
}

fn left(block: u32, k: u32) -> mat4x4f { return left_block(kept(0u, LEFT_BLOCKS, block, k)); }
fn right(block: u32, k: u32) -> mat4x4f { return right_block(kept(RIGHT_START, RIGHT_BLOCKS, block, k)); }
