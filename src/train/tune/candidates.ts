/** Tiles that may be faster than an adapter's default ones, by name. */

import { memoryVec4s, tileThreads, type DirectTile, type Tile, type WorkgroupTile } from '../../kernels/tile.ts';
import type { AdapterClass, ShapeTiles } from '../../compile/tiles.ts';

/** A product is wide or narrow: see `ShapeTiles`. */
export type ShapeClass = keyof ShapeTiles;

/** What a device has that tiles may need. */
export interface TileNeeds {
  readonly state: AdapterClass;
  readonly subgroups: boolean;
  /** maxComputeInvocationsPerWorkgroup and maxComputeWorkgroupStorageSize, in threads and bytes. */
  readonly threads: number;
  readonly workgroupBytes: number;
}

/** Threads of a workgroup, which a name leaves out. */
const USUAL = { workgroupX: 8, workgroupY: 8 };
const USUAL_DEPTH_BLOCKS = 2;

const threadsSuffix = ({ workgroupX, workgroupY }: Tile): string =>
  (workgroupX === USUAL.workgroupX && workgroupY === USUAL.workgroupY ? '' : `@${workgroupX}x${workgroupY}`);

/**
 * A tile's name. Direct and quad: FAMILY-ROWSxCOLUMNS of outputs per thread. Workgroup: ROWSxCOLUMNS of outputs per
 * workgroup, /SLICES, and :DEPTHBLOCKS unless 2. All: @XxY threads per workgroup unless 8 x 8.
 */
export function tileName(tile: Tile): string {
  const rows = 4 * tile.rowBlocks;
  const columns = 4 * tile.columnBlocks;
  if (tile.family !== 'workgroup') return `${tile.family ?? 'direct'}-${rows}x${columns}${threadsSuffix(tile)}`;
  const depth = tile.depthBlocks === USUAL_DEPTH_BLOCKS ? '' : `:${tile.depthBlocks}`;
  return `workgroup-${rows * tile.workgroupY}x${columns * tile.workgroupX}/${tile.slices}${depth}${threadsSuffix(tile)}`;
}

type Blocks = DirectTile['rowBlocks'];
type Threads = readonly [x: number, y: number];

const threads = ([workgroupX, workgroupY]: Threads): { workgroupX: number; workgroupY: number } => ({ workgroupX, workgroupY });
const direct = (rowBlocks: Blocks, columnBlocks: Blocks, size: Threads = [8, 8]): Tile => ({ rowBlocks, columnBlocks, ...threads(size) });
const quad = (rowBlocks: Blocks, columnBlocks: Blocks, size: Threads = [8, 8]): Tile => ({ family: 'quad', ...direct(rowBlocks, columnBlocks, size) }) as DirectTile;
const workgroup = (
  rowBlocks: WorkgroupTile['rowBlocks'], columnBlocks: WorkgroupTile['columnBlocks'], slices: WorkgroupTile['slices'], size: Threads = [8, 8],
): Tile => ({ family: 'workgroup', rowBlocks, columnBlocks, slices, depthBlocks: USUAL_DEPTH_BLOCKS, ...threads(size) });

const SKINNY: Threads = [4, 16];

/** In the order they are tried: a budget may end before the list does. */
const CANDIDATES: Readonly<Record<AdapterClass, Readonly<Record<ShapeClass, readonly Tile[]>>>> = {
  // On a CPU large tiles save loads; workgroup memory and barriers only cost there.
  software: {
    wide: [quad(4, 2), quad(2, 2), quad(4, 1), direct(4, 2), direct(2, 4), direct(4, 4), direct(2, 2), quad(4, 3)],
    narrow: [quad(4, 1, SKINNY), direct(4, 1, SKINNY), quad(2, 1, SKINNY), direct(2, 1, SKINNY), direct(2, 3, [1, 64]), direct(1, 1, SKINNY)],
  },
  hardware: {
    wide: [
      workgroup(2, 2, 4), workgroup(1, 1, 4), direct(1, 1), workgroup(2, 2, 1), workgroup(2, 1, 4), workgroup(1, 1, 1, [16, 16]),
      workgroup(4, 2, 2), workgroup(2, 1, 1, [16, 16]), quad(1, 1), direct(2, 1), quad(2, 2), direct(2, 2),
    ],
    narrow: [
      workgroup(1, 1, 8, [4, 4]), workgroup(1, 1, 8, [4, 8]), direct(1, 1, SKINNY), direct(1, 1, [4, 8]), quad(1, 1, SKINNY), direct(2, 1, SKINNY),
    ],
  },
};

function isAvailable(tile: Tile, { subgroups, threads, workgroupBytes }: TileNeeds): boolean {
  if (tile.family === 'quad' && !subgroups) return false;
  if (tile.family === 'workgroup' && 16 * memoryVec4s(tile) > workgroupBytes) return false;
  return tileThreads(tile) <= threads;
}

/** The tiles to try instead of `usual`, likeliest first: those the device can run. */
export function candidatesFor(shape: ShapeClass, usual: Tile, needs: TileNeeds): Tile[] {
  return CANDIDATES[needs.state][shape].filter((tile) => tileName(tile) !== tileName(usual) && isAvailable(tile, needs));
}
