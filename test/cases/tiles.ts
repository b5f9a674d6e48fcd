/** The tile families, small, so that small matrices cross every edge; and cases of every product kernel through each. */
import type { Tile } from '../../src/kernels/tile.ts';
import { expectWords } from './compare.ts';
import type { Contents } from './contents.ts';
import { kernelCase, type Bench, type KernelCase } from './run-kernel.ts';

/** 8 x 32 outputs per workgroup. */
export const SMALL: Tile = { rowBlocks: 1, columnBlocks: 2, workgroupX: 4, workgroupY: 2 };

export interface Family {
  readonly name: string;
  readonly tile: Tile;
  /** Sums in the order of direct tiles: the same bits. */
  readonly isAscending: boolean;
}

const family = (name: string, tile: Tile): Family =>
  ({ name, tile, isAscending: tile.family !== 'workgroup' || tile.slices === 1 });

/** Outputs per workgroup, and depth of a slab: 16 x 32 and 8, 32 x 32 and 8, 16 x 16 and 16. */
export const FAMILIES: readonly Family[] = [
  family('quads', { family: 'quad', ...SMALL } as Tile),
  family('workgroup tiles of 1 slice', { family: 'workgroup', rowBlocks: 1, columnBlocks: 1, workgroupX: 8, workgroupY: 4, slices: 1, depthBlocks: 2 }),
  family('workgroup tiles of 2 slices', { family: 'workgroup', rowBlocks: 1, columnBlocks: 2, workgroupX: 4, workgroupY: 8, slices: 2, depthBlocks: 1 }),
  family('workgroup tiles of 4 slices', { family: 'workgroup', rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 4, slices: 4, depthBlocks: 1 }),
];

/** Device features that a tile's WGSL enables. */
export const featuresOf = ({ family }: Tile): readonly string[] => (family === 'quad' ? ['subgroups'] : []);

/**
 * One case per family: `run` checks each of the sizes against float64 and gives the bits, which where the order of
 * additions is that of direct tiles must be theirs.
 */
export const familyCases = <Sizes extends readonly number[]>(
  kernel: string, sizes: readonly Sizes[], run: (bench: Bench, sizes: Sizes, tile: Tile) => Promise<Contents>, more = '',
): KernelCase[] => FAMILIES.map(({ name, tile, isAscending }) => kernelCase(kernel, `${name}${more}`, async (bench) => {
  const got: Contents[] = [];
  for (const one of sizes) got.push(await run(bench, one, tile));
  if (!isAscending) return;
  for (const [i, one] of sizes.entries()) {
    expectWords(`${one.join('-')} against direct tiles`, got[i]!.words, (await run(bench, one, SMALL)).words);
  }
}, featuresOf(tile)));
