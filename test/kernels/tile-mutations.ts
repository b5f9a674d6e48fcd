/** Mistakes in the libraries behind the matrix products: lib/tile.wgsl and what each tile family adds. */

type Entry = readonly [what: string, from: string, to: string, inCase?: string];

export const STORE = 'if (is_inside(at_row, at_column4)) {';
const OUTPUT = 'blocks[4u * row_block + column_block][i % 4u]';
/** The second block in both directions. */
export const ZERO_TILE = [OUTPUT, `select(${OUTPUT}, vec4f(), at_row == 4u && at_column4 == 1u)`] as const;
const IN_PART = 'part < 4u && is_inside(row, column4)';

/** In direct tiles, and what all families share. */
export const tileEntries: readonly Entry[] = [
  ['one output tile is left out', STORE, 'if (is_inside(at_row, at_column4) && !(at_row == 4u && at_column4 == 1u)) {'],
  ['one output tile is zero', ...ZERO_TILE],
  ['a block row is stored twice', OUTPUT, 'blocks[4u * row_block + column_block][min(i % 4u, 2u)]'],
  ['the last four terms are lost', 'k < DEPTH4;', 'k + 1u < DEPTH4;'],
  ['one term is lost', 'fma(row.w, column.w, ', '('],
  ['a wrong term is added', 'fma(row.z, column.z', 'fma(row.z, column.y'],
];

const SHAPES = 'tile shapes agree bit for bit';

/** Where a tile has several blocks. */
export const blockEntries: readonly Entry[] = [
  ['a block is stored twice', OUTPUT, OUTPUT.replace(' + column_block', ''), SHAPES],
  ['a row of blocks is stored twice', OUTPUT, OUTPUT.replace('row_block', 'min(row_block, 1u)'), SHAPES],
];

const ONE = 'workgroup tiles of 1 slice', TWO = 'workgroup tiles of 2 slices', FOUR = 'workgroup tiles of 4 slices';

/** In workgroup tiles and quads. */
export const familyEntries: readonly Entry[] = [
  ['quads: all threads load the same part', 'thread & 3u', '0u', 'quads'],
  ['quads: a part goes to the wrong place', 'quadBroadcast(part, 2u), quadBroadcast(part, 3u)', 'quadBroadcast(part, 3u), quadBroadcast(part, 2u)', 'quads'],
  ['workgroup: A is read past its end', 'if (first_k + item.k >= DEPTH4) { return vec4f(); }', '', FOUR],
  ['workgroup: B is read past its end', 'i >= ITEMS || first_k + item.k >= DEPTH4', 'i >= ITEMS', FOUR],
  ['workgroup: the last slab is lost', 'k < DEPTH4; k += SLAB', 'k + SLAB < DEPTH4; k += SLAB', FOUR],
  ['workgroup: every slab is the first', 'load_share(corner, k + SLAB, thread)', 'load_share(corner, k, thread)', FOUR],
  ['workgroup: a slab is multiplied before it is there', 'keep_share(thread, share);\n    workgroupBarrier();', 'keep_share(thread, share);', FOUR],
  ['workgroup: a slab is overwritten before it is multiplied', 'workgroupBarrier();\n    keep_share(', 'keep_share(', FOUR],
  ['workgroup: half of a slab is lost', 'turn < DEPTH_BLOCKS', 'turn + 1u < DEPTH_BLOCKS', ONE],
  ['workgroup: the operands lie in the same place', 'memory[RIGHT_START + place_of', 'memory[place_of', ONE],
  ['workgroup: a part is read twice', 'memory[at + 2u * SLAB * blocks]', 'memory[at + SLAB * blocks]', ONE],
  ['workgroup: blocks of all k lie in one place', '(item.part * SLAB + item.k) * blocks + ', 'item.part * SLAB * blocks + ', ONE],
  ['workgroup: rows past the edge of the workgroup', 'corner.row + 4u * item.block', 'corner.row', ONE],
  ['workgroup: every column is the first', 'corner.column4 + item.block', 'corner.column4', ONE],
  ['workgroup: every slice is the first', 'turn * SLICES + local.z', 'turn * SLICES', TWO],
  ['workgroup: the first slice is lost', 'var sum = memory[part * LANES + lane];', 'var sum = vec4f();', TWO],
  ['workgroup: the last slice is lost', 'slice < SLICES; slice++', 'slice + 1u < SLICES; slice++', FOUR],
  ['workgroup: slices are summed before they are there', 'memory[own + 3u * LANES] = block[3];\n  workgroupBarrier();', 'memory[own + 3u * LANES] = block[3];', FOUR],
  ['workgroup: slices overwrite what is still summed', 'workgroupBarrier();\n  let own', 'let own', TWO],
  ['workgroup: a row is another slice\'s', 'store(replica, row + part, ', 'store(replica, row + 3u - part, ', TWO],
  ['workgroup: one output tile is left out', IN_PART, `${IN_PART} && !(row == 4u && column4 == 1u)`, FOUR],
  ['workgroup: a tile past the edge is stored', IN_PART, 'part < 4u && row < ROWS', FOUR],
];

/** In the sharing of an update between slices. */
export const sliceEntries: readonly Entry[] = [
  ['every slice updates the bias', 'local.y == 0u && local.z == 0u', 'local.y == 0u', TWO],
  ['the first slice is lost', 'var sum = memory[part * LANES + lane];', 'var sum = vec4f();', TWO],
];
