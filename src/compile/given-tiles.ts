/** What tiles must be that a program or a file gives. */

import { InputError } from '../errors.ts';
import { checkOptions, isObject, textOf } from '../options.ts';
import { MAX_SHARE, memoryVec4s, slabVec4s, tileThreads, type DirectTile, type Tile, type WorkgroupTile } from '../kernels/tile.ts';
import { MAX_INVOCATIONS, PRODUCTS, type GivenTiles, type ShapeTiles, type Tiles } from './tiles.ts';

/** The specification's default limit of vec4s of a workgroup's memory (16 KiB). */
const MAX_VEC4S = 1024;

const isBlockCount = (count: number): boolean => Number.isInteger(count) && count >= 1 && count <= 4;
const isPowerOfTwo = (count: number): boolean => Number.isInteger(Math.log2(count)) && count >= 1;

/** What only workgroup tiles have to be. */
function checkWorkgroup(name: string, tile: Partial<WorkgroupTile>): void {
  const { rowBlocks = NaN, columnBlocks = NaN, workgroupX = NaN, workgroupY = NaN, slices = NaN, depthBlocks = NaN } = tile;
  if (![rowBlocks, columnBlocks, workgroupX, workgroupY, slices, depthBlocks].every(isPowerOfTwo) || slices > 8) {
    throw new InputError(
      `tiles.${name}: every number of a workgroup tile must be a power of two, slices at most 8, got ${textOf(tile)}.`,
    );
  }
  const whole = tile as WorkgroupTile;
  if (slabVec4s(whole) > MAX_SHARE * tileThreads(whole)) {
    throw new InputError(
      `tiles.${name}: ${tileThreads(whole)} threads cannot load a slab of ${slabVec4s(whole)} vec4s, ${MAX_SHARE} each. ` +
        'Use fewer depthBlocks, fewer blocks or more threads.',
    );
  }
  if (memoryVec4s(whole) > MAX_VEC4S) {
    throw new InputError(
      `tiles.${name} takes ${16 * memoryVec4s(whole)} bytes of workgroup memory; ${16 * MAX_VEC4S} are there. ` +
        'Use fewer depthBlocks or fewer blocks.',
    );
  }
}

const FAMILIES = ['direct', 'quad', 'workgroup'];
const DIRECT_NAMES: readonly (keyof DirectTile)[] = ['family', 'rowBlocks', 'columnBlocks', 'workgroupX', 'workgroupY'];
const WORKGROUP_NAMES: readonly (keyof WorkgroupTile)[] = [...DIRECT_NAMES, 'slices', 'depthBlocks'];

function checkTile(name: string, tile: Partial<Tile> = {}): void {
  const { family = 'direct', rowBlocks = NaN, columnBlocks = NaN, workgroupX = NaN, workgroupY = NaN } = checkOptions<Partial<WorkgroupTile | DirectTile>>(
    `tiles.${name}`, tile, tile?.family === 'workgroup' ? WORKGROUP_NAMES as typeof DIRECT_NAMES : DIRECT_NAMES,
  );
  if (!FAMILIES.includes(family)) {
    throw new InputError(`tiles.${name}.family must be 'direct', 'quad' or 'workgroup', got ${textOf(family)}.`);
  }
  const areSizes = [workgroupX, workgroupY].every((size) => Number.isInteger(size) && size >= 1);
  const slices = tile.family === 'workgroup' ? tile.slices ?? NaN : 1;
  if (!isBlockCount(rowBlocks) || !isBlockCount(columnBlocks) || !areSizes || workgroupX * workgroupY * slices > MAX_INVOCATIONS) {
    const threads = slices === 1 ? `${workgroupX} x ${workgroupY}` : `${workgroupX} x ${workgroupY} x ${slices}`;
    throw new InputError(
      `tiles.${name}: ${rowBlocks} x ${columnBlocks} blocks by ${threads} threads cannot be: ` +
        `blocks are 1 to 4 each way, threads at most ${MAX_INVOCATIONS}.`,
    );
  }
  if (tile.family === 'workgroup') checkWorkgroup(name, tile);
  if (family === 'quad' && workgroupX % 4 !== 0) {
    throw new InputError(`tiles.${name}: quads lie along x, so workgroupX must be a multiple of 4, got ${workgroupX}.`);
  }
}

const checkShapes = (path: string, shapes: Partial<ShapeTiles> = {}): void => {
  const { wide, narrow } = checkOptions(`tiles${path === '' ? '' : `.${path.slice(0, -1)}`}`, shapes, ['wide', 'narrow']);
  checkTile(`${path}wide`, wide);
  checkTile(`${path}narrow`, narrow);
};

/** @throws InputError naming the tile */
export function checkGivenTiles(tiles: GivenTiles): void {
  if (isObject(tiles) && PRODUCTS.some((product) => product in tiles)) {
    checkOptions('tiles', tiles as Partial<Tiles>, PRODUCTS);
    for (const product of PRODUCTS) checkShapes(`${product}.`, (tiles as Partial<Tiles>)[product]);
  } else checkShapes('', tiles as Partial<ShapeTiles>);
}
