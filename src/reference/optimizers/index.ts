/**
 * Every optimizer as plain float64 functions, one file each: (weights, gradient, state, hyperparameters, t) ->
 * { weights, state }. PyTorch's rules where it has the optimizer: epsilon outside the root, bias correction of both
 * moments, momentum without the learning rate in it. What Keras and optax do otherwise is in each file's table.
 */
import { InputError } from '../../errors.ts';
import { textOf } from '../../options.ts';
import { requireKind, requireLength } from '../check.ts';
import { adadelta } from './adadelta.ts';
import { adagrad } from './adagrad.ts';
import { adam } from './adam.ts';
import { adamax } from './adamax.ts';
import { amsgrad } from './amsgrad.ts';
import { ftrl } from './ftrl.ts';
import { lamb } from './lamb.ts';
import { lars } from './lars.ts';
import { lion } from './lion.ts';
import { momentum } from './momentum.ts';
import { nadam } from './nadam.ts';
import { nesterov } from './nesterov.ts';
import { rmsprop, rmspropCentered, rmspropCenteredMomentum, rmspropMomentum } from './rmsprop.ts';
import { sgd } from './sgd.ts';
import type { FullHyperparameters, Hyperparameters, OptimizerRule, OptimizerState, RuleName, Stepped } from './types.ts';
import { coefficientsAt, trusted } from './coefficients.ts';
import { requireUsable } from './validate.ts';

/** Every rule by its name. */
export const OPTIMIZERS: Readonly<Record<RuleName, OptimizerRule>> = {
  sgd, momentum, nesterov, adagrad, rmsprop, rmspropCentered, rmspropMomentum, rmspropCenteredMomentum,
  adadelta, adam, amsgrad, adamax, nadam, lion, lamb, lars, ftrl,
};

/** Defaults where the rule has none of its own; a rule's own come on top. */
const DEFAULTS = {
  momentum: 0, dampening: 0, beta1: 0.9, beta2: 0.999, alpha: 0.99, rho: 0.9, epsilon: 1e-8, epsilonRoot: 0,
  learningRateDecay: 0, initialAccumulator: 0, momentumDecay: 4e-3, trustCoefficient: 1e-3, beta: 0,
  epsilonHat: false, trustRatio: true, l1: 0, l1Rule: 'proximal', l2: 0, l2Rule: 'coupled', weightDecay: 0,
  nonNegative: false,
} as const;

/** The rule that hyperparameters name. Throws InputError where there is none. */
export function ruleOf(hyperparameters: Pick<Hyperparameters, 'optimizer'>): OptimizerRule {
  requireKind('optimizer', 'hyperparameters', hyperparameters, 'object');
  const { optimizer } = hyperparameters;
  const name = optimizer === 'adamw' ? 'adam' : optimizer;
  if (typeof name !== 'string' || !Object.hasOwn(OPTIMIZERS, name)) {
    throw new InputError(`optimizer: must be one of ${Object.keys(OPTIMIZERS).join(', ')}, adamw, got ${textOf(optimizer)}.`);
  }
  return OPTIMIZERS[name];
}

/** Fills in defaults. Throws InputError for unknown names and values no rule can use. */
export function withDefaults(given: Hyperparameters): FullHyperparameters {
  const rule = ruleOf(given);
  requireKind('optimizer', 'learningRate', given.learningRate, 'number');
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const decay = given.optimizer === 'adamw' ? { weightDecay: 1e-2 } : {};
  const h = { ...DEFAULTS, ...rule.defaults, ...decay, ...defined } as FullHyperparameters;
  requireUsable(h, rule.ownDecay === true);
  return h;
}

/** k of the proximal maps at update t: at rest the rule moves by learningRate * k * g / D. */
export function gainOf(hyperparameters: Hyperparameters, t: number): number {
  requireUpdateCount(t);
  const h = withDefaults(hyperparameters);
  return ruleOf(h).gain?.(h, t) ?? 1;
}

/** initialState of complete hyperparameters. */
function startOf(weights: ArrayLike<number>, h: FullHyperparameters): OptimizerState {
  const { slots, initial } = ruleOf(h);
  const zeros = Object.fromEntries([...slots, ...(h.l1Rule === 'cumulative' ? ['cumulative'] : [])].map((slot) => [slot, new Float64Array(weights.length)]));
  return { ...zeros, ...(h.averageWeight !== undefined && { average: Float64Array.from(weights) }), ...initial?.(weights, h) };
}

/** Slots that stand beside the optimizer's: they are carried along where the hyperparameters do not use them. */
const AROUND: readonly string[] = ['cumulative', 'average'];

/** completeState with complete hyperparameters. */
export function filledState(weights: ArrayLike<number>, state: OptimizerState, h: FullHyperparameters): OptimizerState {
  requireKind('optimizer', 'weights', weights, 'values');
  requireKind('optimizer', 'state', state, 'object');
  const initial = startOf(weights, h);
  for (const [slot, values] of Object.entries(state)) {
    if (!Object.hasOwn(initial, slot) && !AROUND.includes(slot)) {
      const wanted = Object.keys(initial).join(', ') || 'no slot at all';
      throw new InputError(`optimizer: ${h.optimizer} has ${wanted}, got a slot ${slot}. Leave it out.`);
    }
    requireKind('optimizer', `state.${slot}`, values, 'values');
    requireLength('optimizer', `state.${slot}`, values, weights.length);
  }
  return { ...initial, ...state };
}

/**
 * The state before the first update: zeros, but initialAccumulator in adagrad's sum and ftrl's n, and ftrl's z such
 * that its first weights are these. With l1Rule 'cumulative' there is a slot `cumulative`, zeros, with averageWeight a
 * slot `average`, these weights. Throws InputError as withDefaults.
 */
export const initialState = (weights: ArrayLike<number>, hyperparameters: Hyperparameters): OptimizerState =>
  filledState(weights, {}, withDefaults(hyperparameters));

/** `state` with its missing slots at their first values. Throws InputError for slots the rule has not, or of another length. */
export const completeState = (weights: ArrayLike<number>, state: OptimizerState, hyperparameters: Hyperparameters): OptimizerState =>
  filledState(weights, state, withDefaults(hyperparameters));

/** Throws InputError unless t counts updates. */
export function requireUpdateCount(t: number): void {
  if (!(Number.isInteger(t) && t >= 1)) throw new InputError(`optimizer: t must be an integer from 1, got ${textOf(t)}. It counts updates.`);
}

/**
 * The bare optimizer step that `hyperparameters` name: no clipping, penalty or decay but those inside the rule.
 * `gradient` already holds the coupled penalties; `t` counts the updates of this tensor from 1.
 * Throws InputError on bad values, lengths or slots.
 */
export function optimizerStep(
  weights: ArrayLike<number>, gradient: ArrayLike<number>, state: OptimizerState, hyperparameters: Hyperparameters, t: number,
): Stepped {
  requireUpdateCount(t);
  requireKind('optimizer', 'weights', weights, 'values');
  requireKind('optimizer', 'gradient', gradient, 'values');
  requireLength('optimizer', 'gradient', gradient, weights.length);
  const h = withDefaults(hyperparameters), rule = ruleOf(h), full = filledState(weights, state, h);
  return rule.step(weights, gradient, full, trusted(rule, weights, gradient, full, coefficientsAt(rule, h, t)));
}
