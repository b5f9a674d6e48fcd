/** Means, deviations and ranges of a data set's inputs, in double precision. */
import { InputError } from '../errors.ts';
import type { Dataset } from './types.ts';

/** Of each feature, or one of all. */
export interface Statistics {
  /** Values that each is of. */
  readonly count: number;
  readonly mean: Float64Array;
  /** Of the population: sqrt(sum (x - mean)^2 / count). Exactly 0 where all values are the same. */
  readonly deviation: Float64Array;
  readonly minimum: Float64Array;
  readonly maximum: Float64Array;
}

/** A sum of what f32 holds is finite in double precision, so that one look at each is enough. */
function checkFinite(sums: Float64Array, { name, inputs, width }: Dataset): void {
  if (sums.every(Number.isFinite)) return;
  const bad = inputs.findIndex((value: number) => !Number.isFinite(value));
  throw new InputError(`${name}: value ${bad % width} of sample ${Math.floor(bad / width)} is ${inputs[bad]}, and there is no mean of such. Leave the sample out.`);
}

/**
 * Statistics of the inputs as they are stored, before scale and offset: per feature, or of all values as one. In two passes,
 * the second of which corrects the first (Chan, Golub, LeVeque, "Algorithms for computing the sample variance", 1983):
 * no digit is lost where the mean is far larger than the deviation.
 * @throws InputError where an input is not finite
 */
export function statisticsOf(data: Dataset, per: 'feature' | 'all'): Statistics {
  const { inputs, width, length } = data, size = per === 'feature' ? width : 1, count = (length * width) / size;
  const mean = new Float64Array(size), minimum = new Float64Array(size).fill(Infinity), maximum = new Float64Array(size).fill(-Infinity);
  const rest = new Float64Array(size), squares = new Float64Array(size);
  for (let i = 0; i < inputs.length; i++) {
    const at = i % size, value = inputs[i]!;
    mean[at]! += value;
    if (value < minimum[at]!) minimum[at] = value;
    if (value > maximum[at]!) maximum[at] = value;
  }
  checkFinite(mean, data);
  for (let at = 0; at < size; at++) mean[at]! /= count;
  for (let i = 0; i < inputs.length; i++) {
    const at = i % size, from = inputs[i]! - mean[at]!;
    rest[at]! += from;
    squares[at]! += from * from;
  }
  const deviation = squares.map((sum, at) => (minimum[at] === maximum[at] ? 0 : Math.sqrt(Math.max(0, sum - rest[at]! ** 2 / count) / count)));
  return { count, mean: mean.map((value, at) => (minimum[at] === maximum[at] ? minimum[at]! : value + rest[at]! / count)), deviation, minimum, maximum };
}
