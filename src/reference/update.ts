import { requireFields, requireLength } from './check.ts';
import { clipGradient } from './clip.ts';
import { mapped } from './mapped.ts';
import { coefficientsAt, trusted } from './optimizers/coefficients.ts';
import { filledState, requireUpdateCount, ruleOf, withDefaults } from './optimizers/index.ts';
import type { Clip, Coefficients, Hyperparameters, OptimizerRule, OptimizerState, Stepped } from './optimizers/types.ts';
import { average, coupledGradient, cumulativeL1, decoupledDecay, nonNegative, proximalStep } from './regularizers.ts';

/** One parameter tensor, its optimizer state and what decides its updates. */
export interface Parameter {
  readonly weights: ArrayLike<number>;
  readonly state: OptimizerState;
  readonly hyperparameters: Hyperparameters;
}

export interface UpdateOptions extends Parameter {
  /** Of the data term. */
  readonly gradient: ArrayLike<number>;
  /** Counts the tensor's updates from 1. */
  readonly t: number;
  /** Gradient of penalties on the whole tensor, such as orthogonalPenalty's. It is added after clipping. Default none. */
  readonly penaltyGradient?: ArrayLike<number> | undefined;
}

export interface Updated {
  readonly weights: Float64Array;
  readonly state: OptimizerState;
  /** A gradient that came in, a new weight or a slot of the state is not finite, or the metric, so that nothing moves. */
  readonly nonFinite: boolean;
}

function anyNonFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return true;
  return false;
}

/** The gradient as the optimizer takes it: clipped, then with the coupled penalties. */
export function optimizerGradient(
  { weights, gradient, penaltyGradient }: Pick<UpdateOptions, 'weights' | 'gradient' | 'penaltyGradient'>, clip: Clip | undefined,
  c: Coefficients,
): Float64Array {
  requireLength('update', 'gradient', gradient, weights.length);
  if (penaltyGradient) requireLength('update', 'penaltyGradient', penaltyGradient, weights.length);
  const clipped = clipGradient(gradient, clip);
  const whole = penaltyGradient ? mapped(clipped, (g, i) => g + penaltyGradient[i]!) : clipped;
  return coupledGradient(whole, weights, { l2Coupled: c.l2Coupled, l1Subgradient: c.l1Subgradient });
}

/** Threshold maps, then the constraint; the cumulative rule keeps its slot. */
function penalised(
  { ownPenalties }: OptimizerRule, { weights, metric }: Stepped, received: Float64Array | undefined, c: Coefficients,
): { weights: Float64Array; received: Float64Array | undefined } {
  const cumulative = c.l1Total === undefined ? undefined : cumulativeL1(weights, received!, c.l1Total);
  const { l1Threshold, l1Decoupled, l2Proximal } = c;
  const outside = ownPenalties ? { l1Threshold: 0, l1Decoupled, l2Proximal: 0 } : { l1Threshold, l1Decoupled, l2Proximal };
  const shrunk = proximalStep(cumulative?.weights ?? weights, metric, outside);
  return { weights: c.nonNegative > 0 ? nonNegative(shrunk) : shrunk, received: cumulative?.received };
}

/** `update` from its coefficients: `gradient` as `optimizerGradient` makes it, `state` complete. */
export function updateBy(
  rule: OptimizerRule, c: Coefficients, { weights, gradient, state }: { weights: ArrayLike<number>; gradient: Float64Array; state: OptimizerState },
): { weights: Float64Array; state: OptimizerState; metric: Float64Array } {
  const from = rule.ownDecay ? weights : decoupledDecay(weights, c.decay);
  const stepped = rule.step(from, gradient, state, c);
  const { weights: after, received } = penalised(rule, stepped, state.cumulative, c);
  const around = {
    ...(received && { cumulative: received }),
    ...(c.averageWeight !== undefined && { average: average(state.average!, after, c.averageWeight) }),
  };
  return { weights: after, state: { ...state, ...stepped.state, ...around }, metric: stepped.metric };
}

/** Throws InputError unless these are a tensor's, whole. */
export const requireTensor = (options: UpdateOptions): UpdateOptions => requireFields('update', options, {
  weights: 'values', state: 'object', hyperparameters: 'object', gradient: 'values', t: 'size', penaltyGradient: 'values?',
});

/**
 * One update of one tensor: clipping, coupled penalties into the gradient, decoupled decay, optimizer, thresholds and
 * proximal maps, non-negativity, running average. Rules on whole units (unitConstraint) come after it, before the
 * average; rules on several tensors are in scaledUpdate. Returns new arrays, every slot of the state among them.
 * Throws InputError on wrong lengths, unknown slots or hyperparameters that no rule can use.
 */
export function update(options: UpdateOptions): Updated {
  const { weights, t } = requireTensor(options);
  requireUpdateCount(t);
  const h = withDefaults(options.hyperparameters), rule = ruleOf(h), c = coefficientsAt(rule, h, t);
  const state = filledState(weights, options.state, h), gradient = optimizerGradient(options, h.clip, c);
  const { metric, ...updated } = updateBy(rule, trusted(rule, weights, gradient, state, c), { weights, gradient, state });
  return { ...updated, nonFinite: [options.gradient, updated.weights, metric, ...Object.values(updated.state)].some(anyNonFinite) };
}
