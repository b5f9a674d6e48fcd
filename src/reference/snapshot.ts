import { requireFields, requireLength } from './check.ts';

/**
 * The last good copy of a tensor: `source`, or the older `snapshot` when a step flagged it non-finite or a loss of its
 * forward pass is NaN, or larger than 2^24, where f32 resolves no difference of less than 1.
 * Returns a new array. Throws InputError when the two differ in length.
 */
export function snapshot(options: { source: ArrayLike<number>; snapshot: ArrayLike<number>; flagged: boolean; losses: ArrayLike<number> }): Float64Array {
  requireFields('snapshot', options, { source: 'values', snapshot: 'values', flagged: 'flag', losses: 'values' });
  requireLength('snapshot', 'snapshot', options.snapshot, options.source.length);
  const isGood = !options.flagged && Array.from(options.losses).every((loss) => Math.abs(loss) <= 2 ** 24);
  return new Float64Array(isGood ? options.source : options.snapshot);
}
