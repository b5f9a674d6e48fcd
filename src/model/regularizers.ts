/**
 * Penalties on the weights. Biases are never penalised unless `biases: true` is given.
 * The objective that training minimises is loss + sum of penalties.
 */

import { InputError } from '../errors.ts';
import { isSchedule, rangeOf, textOf, type Schedule } from './schedules.ts';

export interface Regularizer {
  readonly type: 'l1' | 'l2';
  readonly strength: Schedule;
  /** l1: 'proximal' or 'subgradient'; l2: 'coupled' or 'proximal'. */
  readonly rule: 'proximal' | 'subgradient' | 'coupled';
  readonly biases: boolean;
}

const RULES: Readonly<Record<Regularizer['type'], readonly [string, string]>> = {
  l1: ['proximal', 'subgradient'], l2: ['coupled', 'proximal'],
};

function checkRegularizer(regularizer: Regularizer): Regularizer {
  const { type, strength, rule } = (regularizer ?? {}) as Partial<Regularizer>;
  if (type !== 'l1' && type !== 'l2') {
    throw new InputError(`A penalty must be made by l1(...), l2(...) or elasticNet(...), got ${textOf(regularizer)}.`);
  }
  const [low, high] = isSchedule(strength) ? rangeOf(strength) : [NaN, NaN];
  if (!(low >= 0 && high < Infinity)) {
    throw new InputError(`${type}: the strength must be a finite number of 0 or more, or a schedule; got ${textOf(strength)}.`);
  }
  if (!RULES[type].includes(rule as string)) {
    throw new InputError(`${type}: rule must be '${RULES[type].join("' or '")}', got ${textOf(rule)}.`);
  }
  return regularizer;
}

/** A list of penalties in which `elasticNet(...)` may stand as it is. */
export type Regularizers = readonly (Regularizer | readonly Regularizer[])[];

/** @throws InputError when it is no list of penalties, or has two of one type */
export function flattenRegularizers(regularizers: Regularizers = []): Regularizer[] {
  if (!Array.isArray(regularizers)) {
    throw new InputError(`regularizers must be a list such as [l1(1e-5), l2(1e-4)], got ${textOf(regularizers)}.`);
  }
  const flat = (regularizers.flat() as Regularizer[]).map(checkRegularizer);
  for (const type of ['l1', 'l2'] as const) {
    const { length } = flat.filter((regularizer) => regularizer.type === type);
    if (length > 1) throw new InputError(`There are ${length} ${type} penalties in one list: give one, or one per layer.`);
  }
  return flat;
}

/**
 * L1 penalty: strength * sum |w|.
 *
 * 'proximal' (default) takes the optimizer's step, then w = sign(w) * max(|w| - threshold, 0), with the threshold
 * that solves the stated problem in the optimizer's metric: learning rate * strength / (1 - momentum) for SGD,
 * learning rate * strength / D for Adam with D = sqrt(v / (1 - beta2^t)) + epsilon. It makes exact zeros. A weight
 * that never sees a gradient has D = epsilon, so it becomes zero at the first step.
 * 'subgradient' adds strength * sign(w) to the gradient, sign(0) = 0. It makes no exact zeros.
 *
 * @param strength 0 or more; may be a schedule
 * @throws InputError
 */
export function l1(
  strength: Schedule,
  { rule = 'proximal', biases = false }: { rule?: 'proximal' | 'subgradient'; biases?: boolean } = {},
): Regularizer {
  return checkRegularizer({ type: 'l1', strength, rule, biases });
}

/**
 * L2 penalty: strength / 2 * sum w^2, so its gradient is strength * w (PyTorch's `weight_decay`; Keras's `l2(x)` is
 * `l2(2 * x)` here).
 *
 * 'coupled' (default) adds strength * w to the gradient. 'proximal' divides by 1 + learning rate * strength in the
 * optimizer's metric after the step; it never changes a sign. For decay outside the objective see the optimizers'
 * `weightDecay`.
 *
 * @param strength 0 or more; may be a schedule
 * @throws InputError
 */
export function l2(
  strength: Schedule,
  { rule = 'coupled', biases = false }: { rule?: 'coupled' | 'proximal'; biases?: boolean } = {},
): Regularizer {
  return checkRegularizer({ type: 'l2', strength, rule, biases });
}

/**
 * Elastic net (Zou and Hastie 2005): l1 * sum |w| + l2 / 2 * sum w^2, both proximal: the soft threshold first, then
 * the division, which is the exact proximal step of the sum.
 * @throws InputError
 */
export const elasticNet = (strengths: { l1: Schedule; l2: Schedule; biases?: boolean }): Regularizer[] => [
  l1(strengths.l1, { biases: strengths.biases ?? false }),
  l2(strengths.l2, { rule: 'proximal', biases: strengths.biases ?? false }),
];
