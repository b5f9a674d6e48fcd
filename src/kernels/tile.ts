/** Register tile shapes of the matrix products (`shaders/lib/tile.wgsl`). */

import type { Constants, Grid } from './kernel.ts';

/** One thread makes 4 * rowBlocks x 4 * columnBlocks outputs; blocks are 1 to 4 each way. */
export interface Tile {
  readonly rowBlocks: 1 | 2 | 3 | 4;
  readonly columnBlocks: 1 | 2 | 3 | 4;
  readonly workgroupX: number;
  readonly workgroupY: number;
}

/** Sizes of one product, padded to 4: rows x columns outputs, each a sum over depth. */
export interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

export const tileConstants = (tile: Tile, product: Product): Constants => ({
  ROWS: product.rows,
  COLUMNS4: product.columns / 4,
  DEPTH4: product.depth / 4,
  ROW_BLOCKS: tile.rowBlocks,
  COLUMN_BLOCKS: tile.columnBlocks,
  WORKGROUP_X: tile.workgroupX,
  WORKGROUP_Y: tile.workgroupY,
});

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
