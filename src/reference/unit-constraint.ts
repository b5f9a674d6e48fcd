import { InputError } from '../errors.ts';
import { requireFields, requireKind, requireLength } from './check.ts';
import { norm } from './optimizers/helpers.ts';

export interface UnitBounds {
  /** Group lasso: each norm falls by this much, at least to 0. lr * k * strength, times sqrt(inputs) if so wanted. Default 0. */
  readonly groupThreshold?: number | undefined;
  /** Smallest norm; norms of 0 stay. Default 0. */
  readonly minimum?: number | undefined;
  /** Largest norm. Default Infinity. */
  readonly maximum?: number | undefined;
}

/**
 * Rules on the norm of each unit's incoming weights, a column of the weight [inputs, outputs], after the update:
 *
 *     group lasso  w = w max(0, 1 - groupThreshold / |w|)
 *     then         w = w clamp(|w|, minimum, maximum) / |w|
 *
 * Max-norm c is { maximum: c }, unit-norm { minimum: 1, maximum: 1 }. Columns within the bounds are returned as they are.
 * Keras's MaxNorm divides by |w| + 1e-7 at every update, so that it shrinks all columns.
 * Throws InputError for wrong lengths and bounds that no norm is within.
 * Source: Srivastava et al., "Dropout", JMLR 15 (2014); Yuan, Lin, "Model selection with grouped variables", JRSS B 68 (2006).
 */
export function unitConstraint(
  weights: ArrayLike<number>, inputs: number, outputs: number, bounds: UnitBounds,
): Float64Array {
  requireKind('unit-constraint', 'weights', weights, 'values');
  requireKind('unit-constraint', 'inputs', inputs, 'size');
  requireKind('unit-constraint', 'outputs', outputs, 'size');
  const { groupThreshold = 0, minimum = 0, maximum = Infinity } =
    requireFields('unit-constraint', bounds, { groupThreshold: 'number?', minimum: 'number?', maximum: 'number?' });
  requireLength('unit-constraint', 'weights', weights, inputs * outputs);
  if (!(groupThreshold >= 0 && minimum >= 0 && maximum >= minimum)) {
    throw new InputError(
      'unit-constraint: wanted groupThreshold >= 0 and 0 <= minimum <= maximum, got ' +
        `${groupThreshold}, ${minimum}, ${maximum}. Correct the bounds.`,
    );
  }
  const out = Float64Array.from(weights);
  for (let unit = 0; unit < outputs; unit++) {
    const length = norm(Float64Array.from({ length: inputs }, (_, k) => out[k * outputs + unit]!));
    const shrunk = Math.max(length - groupThreshold, 0);
    const wanted = Math.min(Math.max(shrunk, minimum), maximum);
    // A unit that the group lasso emptied stays empty; a norm of 0 has no direction to grow in.
    const target = shrunk === 0 ? 0 : wanted;
    if (target === length) continue;
    for (let k = 0; k < inputs; k++) out[k * outputs + unit]! *= target / length;
  }
  return out;
}
