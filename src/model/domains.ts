/** Values that hyperparameters may take. */

import type { Bound } from './schedules/index.ts';

export type Domain = 'non-negative' | 'positive' | 'fraction' | 'probability' | 'epsilon' | 'flag';

const DOMAINS: Readonly<Record<Domain, Bound>> = {
  'non-negative': { wanted: 'be 0 or more and finite', holds: (value) => value >= 0 },
  positive: { wanted: 'be above 0 and finite', holds: (value) => value > 0 },
  fraction: { wanted: 'lie in [0, 1)', holds: (value) => value >= 0 && Math.fround(value) < 1 },
  // Values are dropped by 32 random bits. What falls from there to 0 may pass between.
  probability: { wanted: 'lie in [0, 1), 2^-32 or more unless 0', holds: (value) => value >= 0 && value < 1 },
  // Below it f32 has no normal numbers, and 0 / 0 would follow wherever a gradient is always 0.
  epsilon: { wanted: 'be 2^-126 or more', holds: (value) => value >= 2 ** -126 },
  flag: { wanted: 'be 0 or 1', holds: (value) => value === 0 || value === 1 },
};

/** @param shown what messages call the hyperparameter */
export const boundOf = (shown: string, domain: Domain): Bound => ({ ...DOMAINS[domain], wanted: `${shown} must ${DOMAINS[domain].wanted}` });
