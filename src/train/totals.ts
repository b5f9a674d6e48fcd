/** Running sums over an epoch's samples, in double precision and in sample order: independent of submit sizes. */

import { lossTypeOf, type Loss } from '../model/losses/index.ts';
import type { Evaluation } from './events.ts';

/** A replica's samples, in their order. */
export interface SampleLosses {
  /** Every sample's loss, times its weight, negative for a miss. */
  readonly losses: Float32Array;
  /** What the loss's mean divides by. Absent: their number. */
  readonly weights?: Float64Array | undefined;
}

export interface Totals {
  loss: number;
  hits: number;
  /** All samples. */
  count: number;
  /** Those that are misses, and not in `loss`. */
  nonFinite: number;
  /** What `loss` is divided by: the samples in it, or the sum of their weights. */
  weight: number;
}

export const noTotals = (): Totals => ({ loss: 0, hits: 0, count: 0, nonFinite: 0, weight: 0 });

/**
 * Adds signed sample losses: a negative one is a miss.
 * @param samples with what each counts in the mean; 1 where that is not said
 * @param finiteOnly keeps losses that are not finite out of the sum, where updates with such are left out: these samples are misses
 */
export function addSamples(totals: Totals, { losses, weights }: SampleLosses, finiteOnly = false): void {
  for (const [i, sample] of losses.entries()) {
    totals.count++;
    if (finiteOnly && !Number.isFinite(sample)) {
      totals.nonFinite++;
      continue;
    }
    totals.loss += Math.abs(sample);
    totals.weight += weights?.[i] ?? 1;
    // NaN is neither above nor below: a diverged sample is a miss, and its loss makes the sum NaN.
    if (sample >= 0) totals.hits++;
  }
}

/**
 * The loss is over the samples that have one. Where that is not finite there is no telling what is right, so that both say so; and
 * with a loss of values nothing is right or wrong.
 */
export function meanOf({ loss: sum, hits, count, weight }: Totals, loss: Loss): Evaluation {
  const mean = sum / weight;
  return { loss: mean, accuracy: Number.isFinite(mean) && lossTypeOf(loss).hasHits ? hits / count : NaN };
}
