/** Medians, their spread, and intervals of ratios. */

import { uniforms } from '../random.ts';

export interface Summary {
  readonly median: number;
  /** Quartiles: half of the samples lie between them. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Quantile `p` by linear interpolation between order statistics (Hyndman and Fan 1996, type 7: R's and NumPy's default). */
export function quantile(sorted: readonly number[], p: number): number {
  const at = (sorted.length - 1) * p;
  const below = Math.floor(at);
  const low = sorted[below]!;
  return low + (at - below) * ((sorted[below + 1] ?? low) - low);
}

/** Median and quartiles. Of no samples: NaN. */
export function summarize(samples: readonly number[]): Summary {
  if (samples.length === 0) return { median: NaN, low: NaN, high: NaN, count: 0 };
  const sorted = samples.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75), count: sorted.length };
}

export interface Interval {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;
const SEED = 1;
const STREAM = 0xb007;

/**
 * median(a) / median(b) with its 95 % interval, by the percentile bootstrap (Efron 1979): both sets are drawn again
 * with replacement 2000 times, always the same draws. With fewer than five samples each, intervals are too narrow.
 */
export function ratioOf(a: readonly number[], b: readonly number[]): Interval {
  const draws = uniforms(RESAMPLES * (a.length + b.length), SEED, STREAM);
  let drawn = 0;
  const again = (samples: readonly number[]): number =>
    summarize(samples.map(() => samples[Math.floor(draws[drawn++]! * samples.length)]!)).median;
  const ratios = Array.from({ length: RESAMPLES }, () => again(a) / again(b)).toSorted((x, y) => x - y);
  return { ratio: summarize(a).median / summarize(b).median, low: quantile(ratios, 0.025), high: quantile(ratios, 0.975) };
}
