/** Optimizers, as plain data. PyTorch's conventions throughout. */

import { STATE_SLOTS, type RuleName } from '../kernels/rule.ts';
import { InputError } from '../errors.ts';
import { flattenRegularizers, type Regularizer, type Regularizers } from './regularizers.ts';
import { isSchedule, rangeOf, textOf, type Schedule } from './schedules.ts';

export interface Optimizer {
  readonly rule: RuleName;
  readonly learningRate: Schedule;
  /** Momentum of SGD, beta1 of Adam. */
  readonly momentum: Schedule;
  readonly dampening: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled: w *= 1 - learning rate * weight decay, before the step, on weights only. */
  readonly weightDecay: Schedule;
  readonly regularizers: readonly Regularizer[];
}

interface CommonOptions {
  /** Added to the weights' update rule; `elasticNet(...)` may stand in the list as it is. Default none. */
  readonly regularizers?: Regularizers;
  readonly weightDecay?: Schedule;
}

export interface SgdOptions extends CommonOptions {
  readonly learningRate: Schedule;
  readonly momentum?: Schedule;
  readonly nesterov?: boolean;
  readonly dampening?: number;
}

export interface AdamOptions extends CommonOptions {
  readonly learningRate?: Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

const isIn = (value: Schedule, low: number, high: number): boolean => {
  const [smallest, largest] = rangeOf(value);
  return smallest >= low && largest < high;
};

const require = (holds: boolean, message: string): void => {
  if (!holds) throw new InputError(message);
};

/**
 * Checks what must hold whatever the values came from: an optimizer call or a replica's override.
 * @param shown what the message calls it
 */
export function checkHyperparameter(name: string, value: Schedule, shown = name): void {
  const text = textOf(value);
  require(isSchedule(value), `${shown} must be a number or a schedule, got ${text}.`);
  if (name === 'learningRate' || name === 'weightDecay') {
    require(isIn(value, 0, Infinity), `${shown} must be 0 or more and finite, got ${text}.`);
  } else if (name === 'epsilon') {
    // Below it f32 has no normal numbers, and 0 / 0 would follow wherever a gradient is always 0.
    require(isIn(value, 2 ** -126, Infinity), `${shown} must be 2^-126 or more, got ${text}.`);
  } else {
    require(isIn(value, 0, 1), `${shown} must lie in [0, 1), got ${text}.`);
  }
}

/**
 * Stochastic gradient descent, with momentum if asked for (Sutskever et al. 2013 in PyTorch's form):
 *   m = momentum * m + (1 - dampening) * g, at the first step m = g;  w -= learningRate * m
 *   Nesterov: w -= learningRate * (g + momentum * m)
 *
 * @param options.learningRate 0 or more; may be a schedule
 * @param options.momentum in [0, 1), default 0 (then no state is kept); may be a schedule
 * @param options.nesterov default false; needs momentum above 0 and dampening 0
 * @param options.dampening in [0, 1), default 0
 * @param options.weightDecay decoupled, multiplied by the learning rate; default 0. With momentum mu its fixed point
 *   is that of l2(weightDecay * (1 - mu)).
 * @throws InputError
 */
export function sgd(options: SgdOptions): Optimizer {
  const { learningRate, momentum = 0, nesterov = false, dampening = 0, weightDecay = 0 } = options;
  const values = { learningRate, momentum, dampening, weightDecay };
  for (const [name, value] of Object.entries(values)) checkHyperparameter(name, value);
  const hasMomentum = rangeOf(momentum)[1] > 0;
  require(!nesterov || (hasMomentum && dampening === 0), 'sgd: nesterov needs momentum above 0 and dampening 0.');
  const rule = nesterov ? 'nesterov' : hasMomentum ? 'momentum' : 'sgd';
  return { rule, ...values, beta2: 0, epsilon: 1, regularizers: flattenRegularizers(options.regularizers) };
}

/**
 * Adam (Kingma and Ba 2015, PyTorch's form: epsilon outside the root, both moments bias-corrected):
 *   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
 *   w -= learningRate / (1 - beta1^t) * m / (sqrt(v / (1 - beta2^t)) + epsilon)
 *
 * @param options.learningRate default 1e-3; may be a schedule
 * @param options.beta1 in [0, 1), default 0.9
 * @param options.beta2 in [0, 1), default 0.999
 * @param options.epsilon default 1e-8, at least 2^-126
 * @param options.weightDecay decoupled, default 0; `adamw` is this with 1e-2
 * @throws InputError
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  const values = { learningRate, beta1, beta2, epsilon, weightDecay };
  for (const [name, value] of Object.entries(values)) checkHyperparameter(name, value);
  return {
    rule: 'adam', learningRate, momentum: beta1, dampening: 0, beta2, epsilon, weightDecay,
    regularizers: flattenRegularizers(options.regularizers),
  };
}

/**
 * AdamW (Loshchilov and Hutter 2019, PyTorch's form): w *= 1 - learningRate * weightDecay, then Adam.
 * Biases do not decay. @param options.weightDecay default 1e-2
 * @throws InputError
 */
export const adamw = (options: AdamOptions = {}): Optimizer => adam({ weightDecay: 1e-2, ...options });

/** Optimizers are plain data: one written by hand, or out of a file, is checked as its maker would. @throws InputError */
export function checkOptimizer(optimizer: Optimizer): void {
  const isKnown = typeof optimizer?.rule === 'string' && Object.hasOwn(STATE_SLOTS, optimizer.rule);
  require(isKnown, `optimizer must be made by sgd(...), adam(...) or adamw(...), got ${textOf(optimizer)}.`);
  for (const name of ['learningRate', 'momentum', 'dampening', 'beta2', 'epsilon', 'weightDecay'] as const) {
    checkHyperparameter(name, optimizer[name]);
  }
  flattenRegularizers(optimizer.regularizers);
}
