/** Running sums over an epoch's samples, in double precision and in sample order: independent of submit sizes. */

import type { Evaluation } from './events.ts';

export interface Totals {
  loss: number;
  hits: number;
  /** All samples. */
  count: number;
  /** Those that are misses, and not in `loss`. */
  nonFinite: number;
}

export const noTotals = (): Totals => ({ loss: 0, hits: 0, count: 0, nonFinite: 0 });

/**
 * Adds signed sample losses: a negative one is a miss.
 * @param finiteOnly keeps losses that are not finite out of the sum, where updates with such are left out: these samples are misses
 */
export function addSamples(totals: Totals, samples: Float32Array, finiteOnly = false): void {
  for (const sample of samples) {
    totals.count++;
    if (finiteOnly && !Number.isFinite(sample)) {
      totals.nonFinite++;
      continue;
    }
    totals.loss += Math.abs(sample);
    // NaN is neither above nor below: a diverged sample is a miss, and its loss makes the sum NaN.
    if (sample >= 0) totals.hits++;
  }
}

/** The loss is over the samples that have one. Where that is not finite there is no telling what is right, so that both say so. */
export function meanOf({ loss: sum, hits, count, nonFinite }: Totals): Evaluation {
  const loss = sum / (count - nonFinite);
  return { loss, accuracy: Number.isFinite(loss) ? hits / count : NaN };
}
