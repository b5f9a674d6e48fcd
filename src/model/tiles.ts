/** Tile shapes and fusions per adapter class, each with the measurement behind it. */

import type { Tile } from '../kernels/tile.ts';

export type AdapterClass = 'software' | 'hardware';

/**
 * What one dispatch does:
 * 'none'   every product, gradient and the arena update apart: the plan to debug with
 * 'layer'  each layer's weight gradient, bias gradient and update in one dispatch
 * 'full'   all layers' weight gradients and updates in one dispatch; last layer, loss and its gradients in another
 */
export type Fusion = 'none' | 'layer' | 'full';

export interface Tiles {
  /** Products with more than 16 columns, and the rest. */
  readonly wide: Tile;
  readonly narrow: Tile;
}

const NARROW: Tile = { rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 16 };

/**
 * Software adapters run tiles of 8 x 8 outputs per thread at 6.0 to 7.2 GFLOP/s on the three products of
 * 784-1000-500-10, batch 128; 4 x 4 reaches 3.8 to 4.5 and 16 x 16 4.9 to 6.1 at four times the compile time
 * (SwiftShader, 2 cores). Hardware gets 4 x 4: four times the workgroups, which is what a small batch lacks there;
 * that choice is not yet measured.
 */
export const defaultTiles = (adapter: AdapterClass): Tiles => ({
  wide: adapter === 'software'
    ? { rowBlocks: 2, columnBlocks: 2, workgroupX: 8, workgroupY: 8 }
    : { rowBlocks: 1, columnBlocks: 1, workgroupX: 8, workgroupY: 8 },
  narrow: NARROW,
});

/**
 * Measured on SwiftShader, 2 cores, 784-1000-500-10, batch 128, momentum: 'none' 126 ms a step, 'layer' 127, 'full' 368.
 * A dispatch costs microseconds there, and the one-dispatch update addresses memory by variables instead of constants.
 * 'layer' is taken for its memory: no gradients are kept (5 MiB here). On hardware six dependent dispatches instead of
 * ten are what a small batch needs; that is not yet measured.
 */
export const defaultFusion = (adapter: AdapterClass): Fusion => (adapter === 'software' ? 'layer' : 'full');

export const tileFor = (tiles: Tiles, columns: number): Tile => (columns <= 16 ? tiles.narrow : tiles.wide);
