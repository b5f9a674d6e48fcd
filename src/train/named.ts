/** What a configuration says by its names, and in tiles: a page pays for what its own says. */

import { knowTileCheck } from '../compile/tiles.ts';
import { loadNamed } from '../model/named.ts';
import type { TrainerConfig } from './trainer-config.ts';

const loadTileCheck = async (): Promise<void> => knowTileCheck((await import('../compile/given-tiles.ts')).checkGivenTiles);

/** Loads what a configuration is checked with that nobody has checked yet. @throws InputError for what few have, which is checked here */
export async function loadChecks(config: Partial<TrainerConfig> | undefined): Promise<void> {
  await Promise.all([loadNamed(config), config?.tiles !== undefined && loadTileCheck()]);
  if (config?.normalize !== undefined) (await import('../model/normalize-maker.ts')).checkNormalize(config.normalize, config.model);
}
