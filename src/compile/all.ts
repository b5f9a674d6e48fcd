/** All that a configuration may name at once, for what makes plans without waiting. A trainer loads what its own needs. */

import { knowNormalised } from '../kernels/normalised.ts';
import { knowAll } from '../model/know-all.ts';
import { RULES } from '../model/rules/all.ts';
import { know } from '../model/rules/index.ts';
import { checkGivenTiles } from './given-tiles.ts';
import { knowLowerings } from './late.ts';
import { lowerings as columns } from './lower-columns.ts';
import { lowerings as gradients } from './lower-gradients.ts';
import { lowerings as layerUpdate } from './lower-layer-update.ts';
import { lowerings as maps } from './lower-map.ts';
import { lowerings as penalty } from './lower-penalty.ts';
import { lowerings as slopes } from './lower-slopes.ts';
import { lowerings as units } from './lower-units.ts';
import { knowTileCheck } from './tiles.ts';

export function knowEverything(): void {
  knowAll();
  RULES.forEach(know);
  knowTileCheck(checkGivenTiles);
  knowNormalised();
  for (const lowerings of [maps, columns, layerUpdate, gradients, penalty, slopes, units]) knowLowerings(lowerings);
}
