/** Which tiles a product gets, and which are refused. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { MAX_SHARE, memoryVec4s, slabVec4s, tileGrid, tileThreads, type Product, type Tile, type WorkgroupTile } from '../../src/kernels/tile.ts';
import { checkGivenTiles } from '../../src/compile/given-tiles.ts';
import { PRODUCTS, resolveTiles, tileFor, traitsOf, type AdapterTraits, type ShapeTiles, type Tiles } from '../../src/compile/tiles.ts';

const all = (tiles: Tiles): Tile[] => PRODUCTS.flatMap((product) => [tiles[product].wide, tiles[product].narrow]);
const defaults = (changes: Partial<AdapterTraits> = {}, batchSize = 128): Tiles =>
  resolveTiles(undefined, { ...traitsOf('hardware'), ...changes }, batchSize);

/** The specification's default limits but for the threads: what every device has. */
function expectFits(tile: Tile, maxThreads: number): void {
  expect(tileThreads(tile), JSON.stringify(tile)).toBeLessThanOrEqual(maxThreads);
  if (tile.family !== 'workgroup') return;
  expect(16 * memoryVec4s(tile), JSON.stringify(tile)).toBeLessThanOrEqual(16384);
  expect(slabVec4s(tile), JSON.stringify(tile)).toBeLessThanOrEqual(MAX_SHARE * tileThreads(tile));
}

const direct: Tile = { rowBlocks: 2, columnBlocks: 2, workgroupX: 8, workgroupY: 8 };
const workgroup: WorkgroupTile = { family: 'workgroup', rowBlocks: 1, columnBlocks: 1, workgroupX: 8, workgroupY: 8, slices: 4, depthBlocks: 4 };
const shapes = (wide: object): ShapeTiles => ({ wide, narrow: direct }) as unknown as ShapeTiles;

describe('defaults', () => {
  const adapters: [string, Partial<AdapterTraits>][] = [
    ['a GPU', {}], ['a GPU of 128 threads per workgroup', { maxThreads: 128 }], ['a GPU of 1024', { maxThreads: 1024 }],
    ['SwiftShader', { state: 'software', name: 'SwiftShader', subgroups: true }], ['llvmpipe', { state: 'software', name: 'llvmpipe' }],
    ['a software adapter of 128', { state: 'software', maxThreads: 128 }],
  ];
  test.each(adapters)('of %s pass their own check and fit it, fitted to any product', (_, traits) => {
    for (const batchSize of [1, 32, 128, 1024]) {
      const tiles = defaults(traits, batchSize);
      checkGivenTiles(tiles);
      for (const tile of all(tiles)) expectFits(tile, traits.maxThreads ?? 256);
      for (const rows of [4, 8, 12, 32, 36, 128, 784, 1024]) {
        for (const depth of [4, 12, 128, 1000]) {
          for (const product of [{ rows, columns: 12, depth }, { rows, columns: 1000, depth }]) {
            for (const name of PRODUCTS) {
              const tile = tileFor(tiles[name], product);
              checkGivenTiles({ wide: tile, narrow: tile });
              expectFits(tile, traits.maxThreads ?? 256);
            }
          }
        }
      }
    }
  });

  test('a GPU gets workgroup tiles, with other ones for a large batch; a software adapter none', () => {
    expect(all(defaults()).map(({ family }) => family)).toEqual(Array.from({ length: 6 }, () => 'workgroup'));
    expect(defaults({}, 1024).forward.wide).not.toEqual(defaults({}, 1023).forward.wide);
    expect(defaults({}, 1024).weightGradient).toEqual(defaults({}, 128).weightGradient);
    expect(all(defaults({ state: 'software' })).map(({ family = 'direct' }) => family)).not.toContain('workgroup');
  });

  test.each([128, 256])('weight gradients sum in the same order in every fusion: one number of slices, of %i threads', (maxThreads) => {
    const { wide, narrow } = defaults({ maxThreads }).weightGradient as Record<keyof ShapeTiles, WorkgroupTile>;
    expect(narrow.slices).toBe(wide.slices);
  });
});

describe('a workgroup tile fitted to a product', () => {
  const fitted = (rows: number, depth: number, tile = workgroup): WorkgroupTile =>
    tileFor({ wide: tile, narrow: direct }, { rows, columns: 1000, depth }) as WorkgroupTile;

  test('keeps its slices, and with them the bits', () => {
    for (const rows of [4, 32, 128]) for (const depth of [4, 12, 500]) expect(fitted(rows, depth).slices).toBe(4);
  });

  test('covers the rows', () => {
    const products: Product[] = [4, 8, 12, 16, 20, 32, 36, 128].map((rows) => ({ rows, columns: 1000, depth: 500 }));
    for (const product of products) {
      const tile = fitted(product.rows, product.depth);
      expect(4 * tile.rowBlocks * tile.workgroupY * tileGrid(tile, product, 1)[1]).toBeGreaterThanOrEqual(product.rows);
    }
  });

  test('has fewer rows where there are fewer, as far as its threads can load a slab', () => {
    expect(fitted(128, 500)).toEqual(workgroup);
    expect(fitted(4, 500)).toEqual({ ...workgroup, workgroupY: 4 });
    expect(fitted(32, 500, { ...workgroup, rowBlocks: 2, depthBlocks: 1 })).toEqual({ ...workgroup, depthBlocks: 1 });
  });

  test('has a slab no longer than the depth, in whole turns of the slices', () => {
    expect(fitted(128, 16).depthBlocks).toBe(1);
    expect(fitted(128, 20).depthBlocks).toBe(2);
    expect(fitted(128, 12).depthBlocks).toBe(1);
  });
});

describe('tiles that are asked for', () => {
  test('are taken for all products alike, or for each', () => {
    const own = shapes(workgroup);
    expect(resolveTiles(own, traitsOf('software'), 8)).toEqual({ forward: own, inputGradient: own, weightGradient: own });
    const each = { forward: own, inputGradient: shapes(direct), weightGradient: own };
    expect(resolveTiles(each, traitsOf('hardware'), 8)).toEqual(each);
  });

  test('of quads are direct where there are no subgroups', () => {
    const quads = shapes({ ...direct, family: 'quad' });
    expect(resolveTiles(quads, traitsOf('software'), 8).forward.wide.family).toBe('direct');
    expect(resolveTiles(quads, { ...traitsOf('software'), subgroups: true }, 8).forward.wide.family).toBe('quad');
  });

  test('with more threads than the device allows are refused by name', () => {
    const resolve = () => resolveTiles(shapes(workgroup), { ...traitsOf('hardware'), maxThreads: 128 }, 8);
    expect(resolve).toThrow(InputError);
    expect(resolve).toThrow(/tiles\.forward\.wide has 256 threads.*allows 128/);
  });

  test('may be any of these', () => {
    const large: WorkgroupTile = { ...workgroup, rowBlocks: 4, columnBlocks: 4, slices: 1, depthBlocks: 1 };
    const good: Tile[] = [direct, { ...direct, family: 'quad' }, workgroup, large];
    for (const tile of good) expect(() => checkGivenTiles(shapes(tile))).not.toThrow();
  });

  test.each<[string, object, RegExp]>([
    ['an unknown family', { ...direct, family: 'warp' }, /tiles\.wide\.family must be 'direct', 'quad' or 'workgroup', got "warp"/],
    ['quads across rows', { ...direct, family: 'quad', workgroupX: 6 }, /workgroupX must be a multiple of 4, got 6/],
    ['three blocks', { ...workgroup, rowBlocks: 3 }, /power of two/],
    ['threads that are no power of two', { ...workgroup, workgroupX: 6 }, /power of two/],
    ['three slices', { ...workgroup, slices: 3 }, /power of two/],
    ['no slices', { ...workgroup, slices: undefined }, /power of two/],
    ['16 slices', { ...workgroup, workgroupY: 2, slices: 16, depthBlocks: 1 }, /at most 8/],
    ['no depth', { ...workgroup, depthBlocks: 0 }, /power of two/],
    ['more threads than any device has to have', { ...workgroup, slices: 8 }, /8 x 8 x 8 threads cannot be.*at most 256/],
    ['a slab that the threads cannot load', { ...workgroup, workgroupY: 1 }, /32 threads cannot load a slab of 576 vec4s, 8 each/],
    ['more memory than there is', { ...workgroup, depthBlocks: 8 }, /32768 bytes of workgroup memory; 16384 are there/],
  ])('are not %s', (_, tile, message) => {
    expect(() => checkGivenTiles(shapes(tile))).toThrow(InputError);
    expect(() => checkGivenTiles(shapes(tile))).toThrow(message);
    expect(() => checkGivenTiles({ forward: shapes(direct), inputGradient: shapes(tile), weightGradient: shapes(direct) })).toThrow(/tiles\.inputGradient\.wide/);
  });
});
