/** Tile shapes and fusions per adapter, each with the measurement behind it. */

import { InputError } from '../errors.ts';
import { MAX_SHARE, slabVec4s, tileThreads, type DirectTile, type Product, type Tile, type WorkgroupTile } from '../kernels/tile.ts';

export type AdapterClass = 'software' | 'hardware';

/** What the default tiles and fusion depend on. */
export interface AdapterTraits {
  readonly state: AdapterClass;
  /** As the adapter names itself. */
  readonly name: string;
  /** Whether the device was opened with the feature `subgroups`. */
  readonly subgroups: boolean;
  /** Threads that the device allows in a workgroup. Default 256, the specification's default limit. */
  readonly maxThreads?: number;
}

/**
 * What one dispatch does:
 * 'none'   every product, gradient and the arena update apart: the plan to debug with
 * 'layer'  each layer's weight gradient, bias gradient and update in one dispatch
 * 'full'   all layers' weight gradients and updates in one dispatch; last layer, loss and its gradients in another
 */
export type Fusion = 'none' | 'layer' | 'full';

const APART = ['slope-in-epilogue', 'epilogue'];

/** The fusion rules behind each name. */
export const rulesOf = (fusion: Fusion): readonly string[] => ({
  none: APART,
  layer: [...APART, 'update-in-epilogue'],
  full: [...APART, 'fused-head', 'update-in-epilogue', 'one-dispatch-update'],
}[fusion]);

/** Tiles by shape class: products with more than 16 columns, and the rest. */
export interface ShapeTiles {
  readonly wide: Tile;
  readonly narrow: Tile;
}

/** The three products of a dense layer. */
export const PRODUCTS = ['forward', 'inputGradient', 'weightGradient'] as const;
export type ProductName = (typeof PRODUCTS)[number];
export type Tiles = Readonly<Record<ProductName, ShapeTiles>>;

/** Traits of an adapter of which only the class is known. */
export const traitsOf = (adapter: AdapterClass | AdapterTraits): AdapterTraits =>
  (typeof adapter === 'string' ? { state: adapter, name: '', subgroups: false } : adapter);

const NARROW: Tile = { rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 16 };

/**
 * All dispatches of a step of 784-1000-500-10, batch 128, momentum with L2, on 2 cores:
 * SwiftShader (Dawn in Node)  direct 8 x 8 outputs per thread 113 ms, 16 x 8 155; quad 8 x 8 90, 8 x 12 92, 16 x 4 85,
 *                             12 x 8 86, 16 x 8 70, 16 x 12 118, 16 x 16 109; quads need the feature `subgroups`
 * llvmpipe (Deno)             direct 8 x 8 39 ms, 8 x 16 35, 16 x 8 34, 16 x 16 28
 * Workgroup tiles are left out here: a barrier costs more than the loads it saves. Hardware's own choice takes 1780 ms on
 * SwiftShader and 148 on llvmpipe, 64 x 64 outputs of 1 slice 443 and 84, where the defaults take 122 and 33 (run
 * beside other work); a pipeline compiles in 0.6 to 1.6 s instead of 0.03 to 0.4 on SwiftShader.
 */
function softwareTiles({ name, subgroups }: AdapterTraits): Tiles {
  const workgroup = { workgroupX: 8, workgroupY: 8 };
  const wide = (): Tile => {
    if (/llvmpipe|lavapipe/i.test(name)) return { rowBlocks: 4, columnBlocks: 4, ...workgroup };
    return subgroups
      ? { family: 'quad', rowBlocks: 4, columnBlocks: 2, ...workgroup }
      : { rowBlocks: 2, columnBlocks: 2, ...workgroup };
  };
  return everywhere({ wide: wide(), narrow: NARROW });
}

/**
 * Not measured: on paper only. A batch of 128 in 64 x 64 outputs per workgroup leaves most of a big GPU idle, and depths
 * of 500 to 1000 leave the rest waiting for loads: so 32 x 32, with the depth shared out between 4 slices and 256 threads.
 * Weight gradients have enough outputs for 64 x 64, and so has a batch of 1024. 256 threads also share an update's
 * loads and stores. Weight gradients have the same slices everywhere: then all fusions add them up in the same order.
 */
function hardwareTiles(maxThreads: number, batchSize: number): Tiles {
  const tile = (own: Omit<WorkgroupTile, 'family'>): Tile => withinThreads({ family: 'workgroup', ...own }, maxThreads);
  const small = tile({ rowBlocks: 1, columnBlocks: 1, workgroupX: 8, workgroupY: 8, slices: 4, depthBlocks: 4 });
  const large = tile({ rowBlocks: 2, columnBlocks: 2, workgroupX: 8, workgroupY: 8, slices: 4, depthBlocks: 2 });
  const few = tile({ rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 4, slices: 8, depthBlocks: 2 });
  const samples = { wide: batchSize < LARGE_BATCH ? small : large, narrow: few };
  return {
    forward: samples, inputGradient: samples,
    weightGradient: { wide: large, narrow: tile({ rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 16, slices: 4, depthBlocks: 2 }) },
  };
}

const LARGE_BATCH = 1024;

/** With fewer slices, where a device allows fewer threads. */
function withinThreads(tile: WorkgroupTile, maxThreads: number): Tile {
  if (tileThreads(tile) <= maxThreads || tile.slices === 1) return tile;
  return withinThreads({ ...tile, slices: tile.slices / 2 as WorkgroupTile['slices'] }, maxThreads);
}

const everywhere = (tiles: ShapeTiles): Tiles => ({ forward: tiles, inputGradient: tiles, weightGradient: tiles });

const mapTiles = (tiles: Tiles, change: (tile: Tile, path: string) => Tile): Tiles => {
  const both = (product: ProductName): ShapeTiles => ({
    wide: change(tiles[product].wide, `${product}.wide`), narrow: change(tiles[product].narrow, `${product}.narrow`),
  });
  return { forward: both('forward'), inputGradient: both('inputGradient'), weightGradient: both('weightGradient') };
};

/**
 * The tiles asked for, or the adapter's default ones. Without `subgroups` a quad tile is direct: the bits are the same.
 * @throws InputError when a tile has more threads than the device allows
 */
export function resolveTiles(asked: Tiles | ShapeTiles | undefined, traits: AdapterTraits, batchSize: number): Tiles {
  const { state, subgroups, maxThreads = MAX_INVOCATIONS } = traits;
  if (asked === undefined) return state === 'software' ? softwareTiles(traits) : hardwareTiles(maxThreads, batchSize);
  return mapTiles('wide' in asked ? everywhere(asked) : asked, (tile, path) => {
    const threads = tileThreads(tile);
    if (threads > maxThreads) {
      throw new InputError(`tiles.${path} has ${threads} threads; this device allows ${maxThreads} per workgroup. Ask for fewer.`);
    }
    return tile.family === 'quad' && !subgroups ? { ...tile, family: 'direct' } : tile;
  });
}

/**
 * Measured on SwiftShader, 2 cores, 784-1000-500-10, batch 128, momentum: 'none' 126 ms a step, 'layer' 127, 'full' 368.
 * A dispatch costs microseconds there, and the one-dispatch update addresses memory by variables instead of constants.
 * 'layer' is taken for its memory: no gradients are kept (5 MiB here). On hardware six dependent dispatches instead of
 * ten are what a small batch needs; that is not yet measured.
 */
export const defaultFusion = ({ state }: AdapterTraits): Fusion => (state === 'software' ? 'layer' : 'full');

/**
 * Only blocks that a product has rows for: a batch of 1 would compute the padding of four. The same number of workgroups
 * with fewer rows each, where that leaves fewer rows of padding: 784 rows are 7 times 7 tiles of 16, not 7 times 8.
 */
function fitDirect(tile: DirectTile, { rows }: Product): DirectTile {
  const blocks = Math.max(1, Math.ceil(rows / 4));
  const rowBlocks = Math.min(tile.rowBlocks, blocks) as DirectTile['rowBlocks'];
  const tiles = Math.ceil(blocks / rowBlocks);
  return { ...tile, rowBlocks, workgroupY: Math.ceil(tiles / Math.ceil(tiles / tile.workgroupY)) };
}

/** Fewer rows and a shorter slab, as far as the threads that remain can load it. The slices, and so the bits, stay. */
function fitWorkgroup(tile: WorkgroupTile, { rows, depth }: Product): WorkgroupTile {
  let { rowBlocks, workgroupY, depthBlocks } = tile;
  while (depthBlocks > 1 && 2 * depthBlocks * tile.slices >= depth) depthBlocks /= 2;
  while (rowBlocks > 1 && 2 * rowBlocks * workgroupY >= rows) rowBlocks = rowBlocks / 2 as WorkgroupTile['rowBlocks'];
  const fitted = (): WorkgroupTile => ({ ...tile, rowBlocks, workgroupY, depthBlocks });
  const isLoadable = (one: WorkgroupTile): boolean => slabVec4s(one) <= MAX_SHARE * tileThreads(one);
  while (workgroupY > 1 && 2 * rowBlocks * workgroupY >= rows && isLoadable({ ...fitted(), workgroupY: workgroupY / 2 })) workgroupY /= 2;
  return fitted();
}

const fitTile = (tile: Tile, product: Product): Tile =>
  (tile.family === 'workgroup' ? fitWorkgroup(tile, product) : fitDirect(tile, product));

export const tileFor = ({ wide, narrow }: ShapeTiles, product: Product): Tile =>
  fitTile(product.columns <= 16 ? narrow : wide, product);

/** The specification's default limit of threads per workgroup. */
export const MAX_INVOCATIONS = 256;

/** Tiles as they may come from a program or a file. */
export type GivenTiles = Partial<Tiles> | Partial<ShapeTiles>;

let check: ((tiles: GivenTiles) => void) | undefined;

/** Brings the check of tiles that are given: few configurations have any. */
export const knowTileCheck = (own: (tiles: GivenTiles) => void): void => void (check = own);

/** Known, where tiles may be given. @throws InputError naming the tile */
export const checkTiles = (tiles: GivenTiles): void => check!(tiles);
