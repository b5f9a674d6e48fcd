/** Statistics over seeds. Pure. */

/** NaN for none. */
export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Sample standard deviation, sqrt(sum (x - mean)^2 / (n - 1)); NaN for fewer than two. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return NaN;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

export interface Spread {
  readonly mean: number;
  /** Sample standard deviation; NaN (null in JSON) for one value. */
  readonly deviation: number;
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Undefined for none. */
export const spreadOf = (values: readonly number[]): Spread | undefined =>
  values.length === 0 ? undefined : {
    mean: mean(values),
    deviation: standardDeviation(values),
    low: Math.min(...values),
    high: Math.max(...values),
    count: values.length,
  };

/** Standard deviation of the error counted on so many samples when its true value is `error`: sqrt(p (1 - p) / n). */
export const countingNoise = (error: number, samples: number): number => Math.sqrt((error * (1 - error)) / samples);
