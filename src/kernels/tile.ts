/** Tiles of the matrix products (`shaders/lib/tile.wgsl`): shapes, and the libraries that make them. */

import directProduct from '../../shaders/lib/direct-product.wgsl';
import ownRows from '../../shaders/lib/own-rows.wgsl';
import quadRows from '../../shaders/lib/quad-rows.wgsl';
import tileSource from '../../shaders/lib/tile.wgsl';
import workgroupProduct from '../../shaders/lib/workgroup-product.wgsl';
import workgroupSlab from '../../shaders/lib/workgroup-slab.wgsl';
import type { Constants, Grid } from './kernel.ts';

/** Each thread loads what it needs: 4 * rowBlocks x 4 * columnBlocks outputs per thread, the same bits for all of these. */
export interface DirectTile {
  /**
   * 'direct' (default) each thread loads all it needs;
   * 'quad'   four neighbouring threads share the rows they load; needs the device feature `subgroups`.
   */
  readonly family?: 'direct' | 'quad';
  readonly rowBlocks: 1 | 2 | 3 | 4;
  readonly columnBlocks: 1 | 2 | 3 | 4;
  readonly workgroupX: number;
  readonly workgroupY: number;
}

/**
 * The threads of a workgroup load slabs of both operands into workgroup memory and multiply from there:
 * 4 * rowBlocks * workgroupY x 4 * columnBlocks * workgroupX outputs per workgroup. All counts are powers of two.
 * The bits depend on `slices` alone; with 1 they are those of a direct tile.
 */
export interface WorkgroupTile {
  readonly family: 'workgroup';
  readonly rowBlocks: 1 | 2 | 4;
  readonly columnBlocks: 1 | 2 | 4;
  readonly workgroupX: number;
  readonly workgroupY: number;
  /** Threads that share the sum of each output: slice s takes every vec4 of depth whose number is s modulo slices. */
  readonly slices: 1 | 2 | 4 | 8;
  /** vec4s of depth that each slice finds in workgroup memory at a time. */
  readonly depthBlocks: number;
}

/** What a workgroup of a matrix product makes, and how. Blocks are 4 x 4 outputs of one thread. */
export type Tile = DirectTile | WorkgroupTile;

/** Sizes of one product, padded to 4: rows x columns outputs, each a sum over depth. */
export interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/**
 * How A and B lie in memory, in the words of BLAS: N as they are multiplied, T transposed. A vec4 of the left
 * operand is then part of a row (N) or of a column (T) of A; of the right one, of a row (N) or of a column (T) of B.
 */
export type Layout = 'NN' | 'NT' | 'TN';

export const tileThreads = (tile: Tile): number =>
  tile.workgroupX * tile.workgroupY * (tile.family === 'workgroup' ? tile.slices : 1);

/** vec4s of both operands in one slab of a workgroup tile. */
export const slabVec4s = ({ rowBlocks, columnBlocks, workgroupX, workgroupY, slices, depthBlocks }: WorkgroupTile): number =>
  4 * slices * depthBlocks * (rowBlocks * workgroupY + columnBlocks * workgroupX);

/** What the threads load between two slabs stays in registers: at most this many vec4s each. */
export const MAX_SHARE = 8;

/** vec4s of workgroup memory: a slab; after the last one, a block of every thread, if slices are to be summed. */
export const memoryVec4s = (tile: WorkgroupTile): number =>
  Math.max(slabVec4s(tile), tile.slices > 1 ? 4 * tileThreads(tile) : 0);

/** The parts of the tile's libraries that do not depend on the product's sizes. */
export const tileShape = (tile: Tile, layout: Layout): Constants => ({
  ROW_BLOCKS: tile.rowBlocks,
  COLUMN_BLOCKS: tile.columnBlocks,
  WORKGROUP_X: tile.workgroupX,
  WORKGROUP_Y: tile.workgroupY,
  SLICES: tile.family === 'workgroup' ? tile.slices : 1,
  ...(tile.family === 'workgroup' && { DEPTH_BLOCKS: tile.depthBlocks, WORKGROUP_VEC4S: memoryVec4s(tile) }),
  LEFT_BY_COLUMNS: layout[0] === 'T',
  RIGHT_BY_COLUMNS: layout[1] === 'T',
});

export const tileConstants = (tile: Tile, product: Product, layout: Layout): Constants => ({
  ROWS: product.rows,
  COLUMNS4: product.columns / 4,
  DEPTH4: product.depth / 4,
  ...tileShape(tile, layout),
});

export const tileLibraries = (tile: Tile): readonly string[] =>
  tile.family === 'workgroup' ? [tileSource, workgroupSlab, workgroupProduct] : [tileSource, directProduct, tile.family === 'quad' ? quadRows : ownRows];

/** WGSL extensions that the tile's libraries need. */
export const tileExtensions = (tile: Tile): readonly string[] => (tile.family === 'quad' ? ['subgroups'] : []);

export const tileGrid = (tile: Tile, product: Product, replicas: number): Grid => [
  Math.ceil(product.columns / (4 * tile.columnBlocks * tile.workgroupX)),
  Math.ceil(product.rows / (4 * tile.rowBlocks * tile.workgroupY)),
  replicas,
];

export const productFlops = (product: Product, replicas: number): number =>
  2 * replicas * product.rows * product.columns * product.depth;

/** Both operands read once and the result written once, 4 bytes each. */
export const productBytes = (product: Product, replicas: number): number =>
  4 * replicas * (product.rows * product.depth + product.depth * product.columns + product.rows * product.columns);
