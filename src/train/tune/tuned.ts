/** What the option `tune` does, loaded when it is asked for. */

import type { Device } from '../../device/index.ts';
import type { Prepared } from '../prepare.ts';

/** The configuration without the option, with the tiles it found. @throws what `tuneTiles` throws */
export async function withTunedTiles(device: Device, prepared: Prepared): Promise<Prepared> {
  const { tune = false, ...config } = prepared.config;
  if (tune === false) return { ...prepared, config };
  const { tuneTiles } = await import('./tune.ts');
  const { tiles } = await tuneTiles(device, prepared, tune === true ? {} : tune);
  return { ...prepared, config: { ...config, tiles }, build: { ...prepared.build, tiles } };
}
