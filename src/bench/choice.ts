/** How the flagship network runs on an adapter, in words. */

import type { Device } from '../device/index.ts';
import { knowEverything } from '../compile/all.ts';
import { PRODUCTS, type Tiles } from '../compile/tiles.ts';
import { prepare } from '../train/prepare.ts';
import { planOf } from '../train/estimate.ts';
import { adapterTraits } from '../train/traits.ts';
import { tileName } from '../train/tune/candidates.ts';
import { withTunedTiles } from '../train/tune/tuned.ts';
import { FLAGSHIP, flagshipConfig } from './flagship.ts';

/** `inputGradient` as `input gradient`. */
const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/**
 * Fusion, tiles by product, and the dispatches of a training step with their grids of workgroups, as `gradshader plan`
 * and `gradshader tune` call them.
 * @param tiles default: the adapter's default ones
 */
export function choiceOf(device: Device, tiles?: Tiles): Readonly<Record<string, string>> {
  knowEverything(); // Tiles may be given, and a plan is made at once.
  const config = flagshipConfig(tiles && { tiles }), traits = adapterTraits(device);
  const { build } = prepare(config, traits);
  return {
    network: `${FLAGSHIP.join('-')}, batch ${build.batchSize}`,
    fusion: build.fusion,
    ...Object.fromEntries(PRODUCTS.map((product) => {
      const { wide, narrow } = build.tiles[product];
      return [`${words(product)} tiles`, `${tileName(wide)}, narrow ${tileName(narrow)}`];
    })),
    dispatches: planOf(config, traits).dispatches.map(({ kernel, grid }) => `${kernel} ${grid.join(' x ')}`).join(', '),
  };
}

/** The tiles that a trainer of the flagship gets with `tune`: measured, or from an earlier run. */
export async function tunedTiles(device: Device, signal: AbortSignal): Promise<Tiles> {
  const { build } = await withTunedTiles(device, prepare(flagshipConfig({ tune: { signal } }), adapterTraits(device)));
  return build.tiles;
}
