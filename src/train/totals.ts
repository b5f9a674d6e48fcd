/** Running sums over an epoch's samples, in double precision and in sample order: independent of submit sizes. */

import type { Evaluation } from './events.ts';

export interface Totals {
  loss: number;
  hits: number;
  count: number;
}

export const noTotals = (): Totals => ({ loss: 0, hits: 0, count: 0 });

/**
 * Adds signed sample losses: a negative one is a miss.
 * @param finiteOnly leaves the others out: those of an update that was left out
 */
export function addSamples(totals: Totals, samples: Float32Array, finiteOnly = false): void {
  for (const sample of samples) {
    if (finiteOnly && !Number.isFinite(sample)) continue;
    totals.loss += Math.abs(sample);
    // NaN is neither above nor below: a diverged sample is a miss, and its loss makes the sum NaN.
    if (sample >= 0) totals.hits++;
    totals.count++;
  }
}

/** Without a finite loss there is no telling what is right, so that both say so. */
export const meanOf = ({ loss, hits, count }: Totals): Evaluation => ({ loss: loss / count, accuracy: Number.isFinite(loss) ? hits / count : NaN });
