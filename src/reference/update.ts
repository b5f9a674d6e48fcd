import { requireLength } from './check.ts';
import { clipGradient } from './clip.ts';
import { map } from './map.ts';
import { filledState, requireUpdateCount, ruleOf, withDefaults } from './optimizers/index.ts';
import type { FullHyperparameters, Hyperparameters, OptimizerState } from './optimizers/types.ts';
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
  /** A gradient that came in, or a new weight, is not finite. */
  readonly nonFinite: boolean;
}

function anyNonFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return true;
  return false;
}

/** The gradient as the optimizer takes it: clipped, then with the coupled penalties. */
export function optimizerGradient({ weights, gradient, penaltyGradient }: Omit<UpdateOptions, 't'>, h: FullHyperparameters): Float64Array {
  requireLength('update', 'gradient', gradient, weights.length);
  if (penaltyGradient) requireLength('update', 'penaltyGradient', penaltyGradient, weights.length);
  const clipped = clipGradient(gradient, h.clip);
  const whole = penaltyGradient ? map(clipped, (g, i) => g + penaltyGradient[i]!) : clipped;
  return coupledGradient(whole, weights, h);
}

/** Threshold maps, then the constraint; the cumulative rule keeps its slot. */
function penalised(
  weights: Float64Array, metric: Float64Array, state: OptimizerState, h: FullHyperparameters, t: number,
): { weights: Float64Array; received: Float64Array | undefined } {
  const rule = ruleOf(h);
  const cumulative = h.l1Rule === 'cumulative'
    ? cumulativeL1(weights, state.cumulative!, h.l1Total ?? t * h.learningRate * h.l1) : undefined;
  const outside = rule.ownPenalties ? { ...h, ...withoutProximal(h) } : h;
  const shrunk = proximalStep(cumulative?.weights ?? weights, metric, rule.gain?.(h, t) ?? 1, outside);
  return { weights: h.nonNegative ? nonNegative(shrunk) : shrunk, received: cumulative?.received };
}

/** The strengths that are left for the map after a rule that has the proximal ones in its formula. */
const withoutProximal = (h: FullHyperparameters): { l1: number; l2: number } =>
  ({ l1: h.l1Rule === 'proximal' ? 0 : h.l1, l2: h.l2Rule === 'proximal' ? 0 : h.l2 });

/**
 * One update of one tensor: clipping, coupled penalties into the gradient, decoupled decay, optimizer, thresholds and
 * proximal maps, non-negativity, running average. Rules on whole units (unitConstraint) come after it, before the
 * average; rules on several tensors are in scaledUpdate. Returns new arrays, every slot of the state among them.
 * Throws InputError on wrong lengths, unknown slots or hyperparameters that no rule can use.
 */
export function update(options: UpdateOptions): Updated {
  const { weights, gradient, t } = options;
  requireUpdateCount(t);
  const h = withDefaults(options.hyperparameters), rule = ruleOf(h);
  const state = filledState(weights, options.state, h);
  const from = rule.ownDecay ? weights : decoupledDecay(weights, h);
  const stepped = rule.step(from, optimizerGradient(options, h), state, h, t);
  const { weights: after, received } = penalised(stepped.weights, stepped.metric, state, h, t);
  const around = {
    ...(received && { cumulative: received }),
    ...(h.averageWeight !== undefined && { average: average(state.average!, after, h.averageWeight) }),
  };
  return {
    weights: after, state: { ...state, ...stepped.state, ...around }, nonFinite: anyNonFinite(gradient) || anyNonFinite(after),
  };
}
