import { InputError } from '../errors.ts';
import { textOf } from '../options.ts';
import { requireFields, requireKind } from './check.ts';
import { philox } from './philox.ts';

/** Inverted dropout of one [rows, width] array in one training step. */
export interface Dropout {
  /** Drop an element iff its random word is below this unsigned 32-bit integer: round(p * 2^32). */
  readonly threshold: number;
  /** What kept elements are multiplied by: 1 / (1 - p). */
  readonly scale: number;
  readonly seed: number;
  readonly stream: number;
  /** Training step, 0-based. */
  readonly step: number;
}

/**
 * `threshold` and `scale` for drop probability `rate`: round(rate * 2^32) and 1 / (1 - rate).
 * Throws InputError unless 0 <= rate < 1.
 * Source: Srivastava et al., JMLR 15 (2014), in the inverted form that leaves evaluation untouched.
 */
export function dropoutRate(rate: number): { threshold: number; scale: number } {
  if (!(typeof rate === 'number' && rate >= 0 && rate < 1)) {
    throw new InputError(`dropout: rate must be in [0, 1), got ${textOf(rate)}. It is the probability that a value is dropped.`);
  }
  return { threshold: Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1), scale: 1 / (1 - rate) };
}

/** Throws InputError unless it is whole. */
export const requireDropout = (dropout: Dropout): Dropout => requireFields('dropout', dropout, {
  threshold: 'size', scale: 'number', seed: 'size', stream: 'size', step: 'size',
});

/** The factor of each of `length` elements: 0 where dropped, `scale` where kept, 1 everywhere without dropout. */
export function dropoutFactors(length: number, dropout?: Dropout): Float64Array {
  requireKind('dropout', 'length', length, 'size');
  const factors = new Float64Array(length).fill(1);
  if (dropout === undefined) return factors;
  const { threshold, scale, seed, stream, step } = requireDropout(dropout);
  philox({ seed, stream, step, length }).forEach((word, i) => {
    factors[i] = word < threshold ? 0 : scale;
  });
  return factors;
}
