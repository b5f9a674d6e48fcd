/** Whole networks through workgroup tiles: trained as PyTorch trains them, unfused and fused. */
import type { ShapeTiles } from '../../../src/compile/tiles.ts';
import type { Case } from '../../hosts/cases.ts';
import { goldenSmallDropout } from '../../golden/golden.ts';
import { runGolden } from './golden.ts';

/** 16 x 32 and 16 x 16 outputs per workgroup, as many as a small layer has. */
const WORKGROUP_TILES: ShapeTiles = {
  wide: { family: 'workgroup', rowBlocks: 1, columnBlocks: 1, workgroupX: 8, workgroupY: 4, slices: 2, depthBlocks: 1 },
  narrow: { family: 'workgroup', rowBlocks: 1, columnBlocks: 1, workgroupX: 4, workgroupY: 4, slices: 2, depthBlocks: 1 },
};

export const tileCases: readonly Case[] = [{
  name: 'network: golden small with dropout through workgroup tiles, momentum-elastic-net',
  async run(device) {
    const golden = goldenSmallDropout.cases.find(({ name }) => name === 'momentum-elastic-net')!;
    for (const fusion of ['none', 'full'] as const) await runGolden(device, goldenSmallDropout, golden, { fusion, tiles: WORKGROUP_TILES });
  },
}];
