/** Numbers of which nobody can say what a right adapter makes: float64 goes on where f32 ends. */

import type { Dispatch } from '../scheduler/dispatch.ts';
import type { Look } from './look.ts';
import { boundBy } from './mirror.ts';

/** They multiply gradients, weights or moments by themselves, and keep what depends on that. */
const SQUARING: readonly string[] = [
  'dense-weight-update', 'network-weight-update', 'update', 'scaled-update', 'view-update', 'tensor-norms', 'view-norms', 'unit-constraint',
  'view-unit-constraint', 'parameter-sums', 'gram', 'orthogonal-gradient',
];

/** A few squares of such numbers, and f32 is at its end. */
const LARGE = 2 ** 60;

const holdsLarge = (values: Float64Array | Float32Array): boolean => (values as Float64Array).some((value) => Math.abs(value) >= LARGE);

/** Whether a number is one that may come of others that are not finite. */
export const isOfRange = ({ kernel }: Dispatch, { wanted, got }: { readonly wanted: number; readonly got: number }): boolean =>
  SQUARING.includes(kernel) || !Number.isFinite(wanted) || !Number.isFinite(got);

/**
 * Whether a dispatch squares numbers whose squares f32 may not hold, as they come of data that are 10^18 in size. What it was
 * given and what float64 makes of it is looked at, not what the device did: no fault is an excuse.
 */
export function isBeyond(dispatch: Dispatch, { before, want }: Pick<Look, 'before' | 'want'>, gradients: Iterable<Float64Array>): boolean {
  if (!SQUARING.includes(dispatch.kernel)) return false;
  const bound = boundBy(dispatch).filter(({ isWords }) => !isWords);
  return bound.some(({ binding }) => holdsLarge(before(binding)) || holdsLarge(want(binding))) || [...gradients].some(holdsLarge);
}
