/** The optimizers of the step suite, by their names: with their defaults, and the flagship's L2. */

import type { Optimizer } from '../model/optimizers/index.ts';
import { namedOptimizer } from '../model/optimizers/named.ts';
import { l2 } from '../model/regularizers.ts';
import { FLAGSHIP_RATES } from './flagship.ts';

/** @throws InputError for a name that is none of an optimizer */
export const optimizerOf = (name: string): Optimizer => namedOptimizer(name, { regularizers: [l2(FLAGSHIP_RATES.l2)] });
