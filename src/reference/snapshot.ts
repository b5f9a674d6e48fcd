import { requireLength } from './check.ts';

/**
 * The last good copy of a tensor: `source` when it is clean, the older `snapshot` when a step flagged it non-finite.
 * Returns a new array. Throws InputError when the two differ in length.
 */
export function snapshot(options: { source: ArrayLike<number>; snapshot: ArrayLike<number>; flagged: boolean }): Float64Array {
  requireLength('snapshot', 'snapshot', options.snapshot, options.source.length);
  return Float64Array.from(options.flagged ? options.snapshot : options.source);
}
