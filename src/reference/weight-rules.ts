import { InputError } from '../errors.ts';
import { requireFields } from './check.ts';
import { gainOf, ruleOf, withDefaults } from './optimizers/index.ts';
import { average } from './regularizers.ts';
import { unitConstraint } from './unit-constraint.ts';
import type { Parameter, Updated } from './update.ts';

/** Rules on the units of one weight tensor [inputs, outputs]. Each is off unless given. */
export interface WeightRules {
  /** Largest norm of a unit's incoming weights; 0 means no limit. */
  readonly maxNorm?: number | undefined;
  /** Every unit's incoming weights have norm 1. */
  readonly unitNorm?: boolean | undefined;
  /** Strength of sum over units of |w| (times sqrt(inputs)), proximal; sgd, momentum and nesterov only. */
  readonly groupLasso?: number | undefined;
  /** Group lasso's sqrt(inputs). Default true. */
  readonly sqrtSize?: boolean | undefined;
  /** Strength of |W^T W - I|_F^2, in the gradient; see orthogonalPenalty. */
  readonly orthogonal?: number | undefined;
}

/** lr k strength sqrt(inputs), k the optimizer's gain. Only rules with the metric 1 have one threshold for a whole unit. */
function groupThreshold({ groupLasso = 0, sqrtSize = true }: WeightRules, inputs: number, { hyperparameters }: Parameter, t: number): number {
  if (groupLasso === 0) return 0;
  const { name } = ruleOf(hyperparameters);
  if (name !== 'sgd' && name !== 'momentum' && name !== 'nesterov') {
    throw new InputError(`groupLasso: it needs one metric per unit, which sgd, momentum and nesterov have, got ${name}. Choose one of these.`);
  }
  return hyperparameters.learningRate * gainOf(hyperparameters, t) * groupLasso * (sqrtSize ? Math.sqrt(inputs) : 1);
}

/**
 * Group lasso, then max-norm or unit-norm, on a weight that was just updated, and its running average, which is of the
 * constrained weights. `before` is the tensor as it was. Throws InputError for rules that exclude each other.
 */
export function constrainUnits(
  after: Updated, before: Parameter, options: { rules: WeightRules; inWidth: number; outWidth: number; t: number },
): Updated {
  const { rules, inWidth, outWidth, t } = requireFields('units', options, { rules: 'object', inWidth: 'size', outWidth: 'size', t: 'size' });
  requireFields('units', rules, { maxNorm: 'number?', unitNorm: 'flag?', groupLasso: 'number?', sqrtSize: 'flag?', orthogonal: 'number?' });
  requireFields('units', after, { weights: 'values', state: 'object', nonFinite: 'flag' });
  requireFields('units', before, { weights: 'values', state: 'object', hyperparameters: 'object' });
  withDefaults(before.hyperparameters);
  const { maxNorm = 0, unitNorm = false, groupLasso = 0 } = rules;
  if (maxNorm > 0 && unitNorm) throw new InputError('units: wanted maxNorm or unitNorm, got both. Leave one out.');
  if (maxNorm === 0 && !unitNorm && groupLasso === 0) return after;
  const bounds = unitNorm ? { minimum: 1, maximum: 1 } : { maximum: maxNorm > 0 ? maxNorm : Infinity };
  const threshold = groupThreshold(rules, inWidth, before, t);
  const weights = unitConstraint(after.weights, inWidth, outWidth, { ...bounds, groupThreshold: threshold });
  const weight = before.hyperparameters.averageWeight;
  if (weight === undefined) return { ...after, weights };
  const old = before.state.average ?? new Float64Array(weights.length);
  return { ...after, weights, state: { ...after.state, average: average(old, weights, weight) } };
}
