/**
 * Penalties and constraints on weights and activations. Biases are never penalised unless `biases: true` is given.
 * The objective that training minimises is loss + sum of penalties; which optimizer solves it exactly with which
 * rule is in `pairs.ts`.
 */

import { InputError } from '../errors.ts';
import { checkOptions, demandBoolean, demandNothing } from '../options.ts';
import { boundOf } from './domains.ts';
import { checkF32, isSchedule, rangeOf, textOf, type Bound, type Schedule } from './schedules/index.ts';

export type RegularizerType =
  | 'l1' | 'l2' | 'nonNegative' | 'maxNorm' | 'unitNorm' | 'groupLasso' | 'orthogonal' | 'activityL1' | 'activityL2';

export type RegularizerRule = 'proximal' | 'subgradient' | 'decoupled' | 'cumulative' | 'coupled' | 'projected';

export interface Regularizer {
  readonly type: RegularizerType;
  /** Factor of the penalty; for maxNorm the bound, 0 for none; for nonNegative and unitNorm 1 or 0: on or off. */
  readonly strength: Schedule;
  /** How it acts; see each maker. */
  readonly rule: RegularizerRule;
  readonly biases: boolean;
  /** Group lasso: times the square root of the unit's number of inputs. */
  readonly sqrtSize?: boolean;
}

/** The rules of each type, its default first. */
export const REGULARIZER_RULES: Readonly<Record<RegularizerType, readonly RegularizerRule[]>> = {
  l1: ['proximal', 'subgradient', 'decoupled', 'cumulative'],
  l2: ['coupled', 'proximal'],
  nonNegative: ['projected'],
  maxNorm: ['projected'],
  unitNorm: ['projected'],
  groupLasso: ['proximal'],
  orthogonal: ['coupled'],
  activityL1: ['coupled'],
  activityL2: ['coupled'],
};

export const REGULARIZER_TYPES = Object.keys(REGULARIZER_RULES) as readonly RegularizerType[];

/** Types that act on the outputs of hidden layers. */
export const ON_ACTIVATIONS: readonly RegularizerType[] = ['activityL1', 'activityL2'];
/** Types that are on or off. */
const FLAGS: readonly RegularizerType[] = ['nonNegative', 'unitNorm'];
/** Types that can mean biases. */
const FOR_BIASES: readonly RegularizerType[] = ['l1', 'l2', 'nonNegative'];

export const strengthBound = (type: RegularizerType, shown: string = type): Bound =>
  boundOf(`${shown}: the strength`, FLAGS.includes(type) ? 'flag' : 'non-negative');

/** @throws InputError */
export function checkStrength(type: RegularizerType, strength: Schedule, shown: string = type): void {
  const [low, high] = isSchedule(strength) ? rangeOf(strength, () => strengthBound(type, shown)) : [NaN, NaN];
  const isFlag = FLAGS.includes(type);
  const holds = isFlag ? low === high && (low === 0 || low === 1) : low >= 0 && high < Infinity;
  if (holds) return checkF32(`${shown}: the strength`, strength);
  const wanted = isFlag ? '1 (on) or 0 (off)' : 'a finite number of 0 or more, or a schedule';
  throw new InputError(`${shown}: the strength must be ${wanted}; got ${textOf(strength)}.`);
}

function checkRegularizer(regularizer: Regularizer): Regularizer {
  const { type, strength, rule, biases, sqrtSize } = (regularizer ?? {}) as Partial<Regularizer>;
  if (typeof type !== 'string' || !Object.hasOwn(REGULARIZER_RULES, type)) {
    throw new InputError(`A regularizer must be made by l1(...), l2(...), maxNorm(...) or another of the library's, got ${textOf(regularizer)}.`);
  }
  checkOptions(type, regularizer, ['type', 'strength', 'rule', 'biases', 'sqrtSize']);
  checkStrength(type, strength as Schedule);
  const rules = REGULARIZER_RULES[type];
  if (!rules.includes(rule as RegularizerRule)) {
    throw new InputError(`${type}: rule must be '${rules.join("' or '")}', got ${textOf(rule)}.`);
  }
  demandBoolean(`${type}: biases`, biases);
  if (sqrtSize !== undefined) demandBoolean(`${type}: sqrtSize`, sqrtSize);
  if (biases === true && !FOR_BIASES.includes(type)) throw new InputError(`${type}: it is a rule for the weights of units, not for biases.`);
  return regularizer as Regularizer;
}

/** A list of regularizers in which `elasticNet(...)` may stand as it is. */
export type Regularizers = readonly (Regularizer | readonly Regularizer[])[];

/** @throws InputError when it is no list of regularizers, or has two of one type */
export function flattenRegularizers(regularizers: Regularizers = []): Regularizer[] {
  if (!Array.isArray(regularizers)) {
    throw new InputError(`regularizers must be a list such as [l1(1e-5), l2(1e-4)], got ${textOf(regularizers)}.`);
  }
  const flat = [...regularizers].flatMap((one) => (Array.isArray(one) && one.length > 0 ? [...one] : [one]) as Regularizer[]).map(checkRegularizer);
  for (const type of REGULARIZER_TYPES) {
    const { length } = flat.filter((regularizer) => regularizer.type === type);
    if (length > 1) throw new InputError(`There are ${length} ${type} penalties in one list: give one, or one per layer.`);
  }
  return flat;
}

const make = (type: RegularizerType, strength: Schedule, more: Partial<Regularizer> = {}): Regularizer =>
  checkRegularizer({ type, strength, rule: REGULARIZER_RULES[type][0]!, biases: false, ...more });

/**
 * L1 penalty (the lasso of Tibshirani 1996), with k and D the gain and metric of the optimizer:
 *   objective: loss + strength * sum |w|
 *   proximal: after the step, w = sign(w) * max(|w| - learningRate * k * strength / D, 0)
 *
 * 'proximal' (default) takes the optimizer's step, then w = sign(w) * max(|w| - threshold, 0), with the threshold
 * that solves the stated problem in the optimizer's metric: learning rate * strength / (1 - momentum) for SGD,
 * learning rate * strength / D for Adam with D = sqrt(v / (1 - beta2^t)) + epsilon. It makes exact zeros. A weight
 * that never sees a gradient has D = epsilon, so it becomes zero at the first step: for a dead input that is the
 * lasso's answer.
 *
 * 'subgradient' adds strength * sign(w) to the gradient, sign(0) = 0. It makes no exact zeros.
 *
 * 'decoupled' shrinks by learning rate * strength whatever the metric, as AdamW decays: under Adam the effective
 * strength is strength * D, and next to nothing becomes zero; under momentum it is strength * (1 - momentum).
 *
 * 'cumulative' (Tsuruoka, Tsujii and Ananiadou 2009) lets each weight catch up with the penalty it could have had so
 * far, the sum of learning rate * strength, but never crosses zero: less noisy than clipping at each step. It keeps
 * one f32 more per parameter.
 *
 * Keras's `l1(x)` and PyTorch's hand-written penalties are the subgradient; neither has a proximal rule, nor has optax.
 *
 * @param strength 0 or more; may be a schedule
 * @throws InputError
 */
export function l1(
  strength: Schedule, options: { rule?: 'proximal' | 'subgradient' | 'decoupled' | 'cumulative'; biases?: boolean } = {},
): Regularizer {
  const { rule = 'proximal', biases = false } = checkOptions('l1', options, ['rule', 'biases']);
  return make('l1', strength, { rule, biases });
}

/**
 * L2 penalty (ridge; Hoerl and Kennard 1970), with k and D the gain and metric of the optimizer:
 *   objective: loss + strength / 2 * sum w^2
 *   coupled: g += strength * w;  proximal: after the step, w /= 1 + learningRate * k * strength / D
 *
 * It is PyTorch's `weight_decay`; Keras's `l2(x)` is `l2(2 * x)` here, and scikit-learn's `alpha` is
 * `l2(alpha / batch)`; see `fromKeras` and its kin.
 *
 * 'coupled' (default) adds strength * w to the gradient. 'proximal' divides by 1 + learning rate * strength in the
 * optimizer's metric after the step; it never changes a sign. For decay outside the objective see the optimizers'
 * `weightDecay`.
 *
 * @param strength 0 or more; may be a schedule
 * @throws InputError
 */
export function l2(strength: Schedule, options: { rule?: 'coupled' | 'proximal'; biases?: boolean } = {}): Regularizer {
  const { rule = 'coupled', biases = false } = checkOptions('l2', options, ['rule', 'biases']);
  return make('l2', strength, { rule, biases });
}

/**
 * Elastic net (Zou and Hastie 2005), both parts proximal:
 *   objective: loss + l1 * sum |w| + l2 / 2 * sum w^2
 *   after the step, w = soft(w, learningRate * k * l1 / D) / (1 + learningRate * k * l2 / D)
 *
 * The soft threshold first, then the division: that is the exact proximal step of the sum. Keras's `L1L2` follows the
 * subgradients of l1 and 2 * l2.
 * @throws InputError
 */
export function elasticNet(strengths: { l1: Schedule; l2: Schedule; biases?: boolean }): Regularizer[] {
  const { l1: ofL1, l2: ofL2, biases = false } = checkOptions('elasticNet', strengths, ['l1', 'l2', 'biases']);
  return [l1(ofL1, { biases }), l2(ofL2, { rule: 'proximal', biases })];
}

/**
 * Non-negative weights, after the step:
 *   w = max(w, 0)
 *
 * The exact projection in every diagonal metric. Costs nothing. Keras's `NonNeg`.
 * @throws InputError
 */
export function nonNegative(options: { biases?: boolean } = {}): Regularizer {
  const { biases = false } = checkOptions('nonNegative', options, ['biases']);
  return make('nonNegative', 1, { biases });
}

/**
 * Max-norm (Srebro, Rennie and Jaakkola 2005; Srivastava et al. 2014), after the step, for each unit's incoming weights:
 *   w *= min(1, bound / |w|), |w| their Euclidean norm
 *
 * One dispatch more, 8 bytes per parameter.
 *
 * PyTorch: rows of the weight [out, in], as `torch.renorm`. Keras's `MaxNorm` multiplies by min(|w|, bound) /
 * (1e-7 + |w|) at every step, so it also shrinks what is within the bound. He-initialised rows of 784 inputs have norm
 * 1.41: a bound of 3 hardly ever touches them.
 *
 * @param bound above 0; may be a schedule. 0 is no bound: it declares the rule for `set`, as a strength of 0 declares a penalty. No
 * bound makes all weights 0
 * @throws InputError
 */
export const maxNorm = (bound: Schedule): Regularizer => make('maxNorm', bound);

/**
 * Unit norm, after the step, for each unit's incoming weights:
 *   w /= |w|, |w| their Euclidean norm; where it is 0 they stay
 *
 * Keras's `UnitNorm` without its 1e-7. One dispatch more, 8 bytes per parameter.
 * @throws InputError
 */
export function unitNorm(): Regularizer {
  demandNothing('unitNorm', arguments);
  return make('unitNorm', 1);
}

/**
 * Group lasso on units (Yuan and Lin 2006; Scardapane et al. 2017), |w| the norm of a unit's incoming weights:
 *   objective: loss + strength * sum over units of sqrt(inputs) * |w|
 *   after the step, w *= max(0, 1 - learningRate * k * strength * sqrt(inputs) / |w|), k = 1 / (1 - momentum)
 *
 * Whole units become zero. For sgd, with or without momentum: in the metric of an adaptive optimizer the proximal step
 * has no closed form. One dispatch more, 8 bytes per parameter.
 *
 * @param strength 0 or more; may be a schedule
 * @param options.sqrtSize whether sqrt(inputs) takes part, default true
 * @throws InputError
 */
export function groupLasso(strength: Schedule, options: { sqrtSize?: boolean } = {}): Regularizer {
  const { sqrtSize = true } = checkOptions('groupLasso', options, ['sqrtSize']);
  return make('groupLasso', strength, { sqrtSize });
}

/**
 * Orthogonal penalty, W as [in, out] and | | the Frobenius norm; with fewer inputs than outputs W W^T in place of W^T W:
 *   objective: loss + strength * |W^T W - I|^2;  g += 4 * strength * W (W^T W - I) for each w in W
 *
 * Two matrix products more per layer and update, and the gradients are kept in memory. Not together with clip: its
 * gradient is added to that of the loss before a clip could see that alone.
 * Keras's `OrthogonalRegularizer` is another thing: the mean absolute cosine of normalised rows.
 *
 * @param strength 0 or more; may be a schedule
 * @throws InputError
 */
export const orthogonal = (strength: Schedule): Regularizer => make('orthogonal', strength);

/**
 * L1 penalty on the activations a that a hidden layer hands to the next one, dropout included:
 *   objective: loss + strength * mean over the batch of sum |a|
 *
 * Keras's `activity_regularizer` before dropout; the expectation is the same. No dispatch, no pass. It is a mean over data
 * and so not part of the reported `penalty`. The last layer makes the logits: the optimizer's list passes it by, and its
 * own list is refused.
 *
 * @param strength 0 or more; may be a schedule
 * @throws InputError
 */
export const activityL1 = (strength: Schedule): Regularizer => make('activityL1', strength);

/**
 * L2 penalty on the activations a that a hidden layer hands to the next one:
 *   objective: loss + strength / 2 * mean over the batch of sum |a|^2
 *
 * As `activityL1`; behind dropout with probability p the expectation is that of a^2 / (1 - p).
 *
 * @param strength 0 or more; may be a schedule
 * @throws InputError
 */
export const activityL2 = (strength: Schedule): Regularizer => make('activityL2', strength);
