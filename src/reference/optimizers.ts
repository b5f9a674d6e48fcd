/**
 * One step of each optimizer on plain arrays: pure functions (weights, gradient, state, hyperparameters, t) ->
 * { weights, state }. `gradient` already holds the coupled penalties; `t` counts the steps of this tensor from 1.
 * A missing state slot is all zeros. PyTorch's rules: eps outside the root, bias correction of both moments,
 * momentum buffer without the learning rate in it.
 */
import { InputError } from '../errors.ts';
import { requireLength } from './check.ts';
import { map } from './map.ts';

export type OptimizerName = 'sgd' | 'momentum' | 'nesterov' | 'adam' | 'adamw';

/** Everything that decides a step of one tensor. Penalties are 0 unless given. */
export interface Hyperparameters {
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  /** mu of momentum and nesterov, in [0, 1). Default 0. */
  readonly momentum?: number | undefined;
  /** tau of momentum: the gradient enters with weight 1 - tau after the first step. Default 0; 0 for nesterov. */
  readonly dampening?: number | undefined;
  /** Adam. Default 0.9. */
  readonly beta1?: number | undefined;
  /** Adam. Default 0.999. */
  readonly beta2?: number | undefined;
  /** Adam, added outside the root. Default 1e-8. */
  readonly epsilon?: number | undefined;
  /** Strength x of the penalty x * sum |w|. */
  readonly l1?: number | undefined;
  /** How l1 acts; see regularizers.ts. Default 'proximal'. */
  readonly l1Rule?: 'proximal' | 'subgradient' | 'decoupled' | undefined;
  /** Strength x of the penalty x / 2 * sum w^2. */
  readonly l2?: number | undefined;
  /** How l2 acts. Default 'coupled': gradient x * w. */
  readonly l2Rule?: 'coupled' | 'proximal' | undefined;
  /** w *= 1 - learningRate * weightDecay before the step, for every optimizer. */
  readonly weightDecay?: number | undefined;
}

/** m: momentum buffer or first moment. v: second moment. */
export interface OptimizerState {
  readonly m?: Float64Array;
  readonly v?: Float64Array;
}

export interface Stepped {
  readonly weights: Float64Array;
  readonly state: OptimizerState;
}

export type OptimizerRule = (
  weights: ArrayLike<number>, gradient: ArrayLike<number>, state: OptimizerState, hyperparameters: Hyperparameters, t: number,
) => Stepped;

/** Hyperparameters with every default filled in. */
export type FullHyperparameters = { [K in keyof Hyperparameters]-?: NonNullable<Hyperparameters[K]> };

const DEFAULTS = {
  momentum: 0, dampening: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8,
  l1: 0, l1Rule: 'proximal', l2: 0, l2Rule: 'coupled', weightDecay: 0,
} as const;

function requireThat(right: boolean, name: string, wanted: string, got: number): void {
  if (!right) throw new InputError(`optimizer: ${name} must be ${wanted}, got ${got}. Change it in the hyperparameters.`);
}

/** Fills in defaults. Throws InputError for values no rule can use. */
export function withDefaults(given: Hyperparameters): FullHyperparameters {
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const h = { ...DEFAULTS, ...defined } as FullHyperparameters;
  for (const name of ['learningRate', 'l1', 'l2', 'weightDecay'] as const) {
    requireThat(h[name] >= 0 && h[name] < Infinity, name, 'finite and at least 0', h[name]);
  }
  for (const name of ['momentum', 'beta1', 'beta2'] as const) {
    requireThat(h[name] >= 0 && h[name] < 1, name, 'in [0, 1)', h[name]);
  }
  requireThat(h.epsilon > 0 && h.epsilon < Infinity, 'epsilon', 'finite and above 0 (0 would give 0 / 0)', h.epsilon);
  requireThat(h.dampening >= 0 && h.dampening < 1, 'dampening', 'in [0, 1)', h.dampening);
  requireThat(h.optimizer !== 'nesterov' || h.dampening === 0, 'dampening', '0 for nesterov', h.dampening);
  const decay = h.learningRate * h.weightDecay;
  requireThat(decay < 1, 'learningRate * weightDecay', 'below 1 (at 1 it erases the weights, above it flips them)', decay);
  return h;
}

/** Plain gradient descent: w -= lr g. No state. */
export const sgd: OptimizerRule = (weights, gradient, _state, hyperparameters) => {
  const { learningRate } = withDefaults(hyperparameters);
  return { weights: map(weights, (w, i) => w - learningRate * gradient[i]!), state: {} };
};

/** m = mu m + (1 - tau) g, but m = g at t = 1. Shared by momentum and nesterov. */
function momentumBuffer(gradient: ArrayLike<number>, state: OptimizerState, h: FullHyperparameters, t: number): Float64Array {
  const gradientWeight = t === 1 ? 1 : 1 - h.dampening;
  return map(gradient, (g, i) => h.momentum * (state.m?.[i] ?? 0) + gradientWeight * g);
}

/** Heavy ball (Polyak 1964), PyTorch's form: m = mu m + (1 - tau) g, first step m = g; w -= lr m. */
export const momentum: OptimizerRule = (weights, gradient, state, hyperparameters, t) => {
  const h = withDefaults(hyperparameters);
  const m = momentumBuffer(gradient, state, h, t);
  return { weights: map(weights, (w, i) => w - h.learningRate * m[i]!), state: { m } };
};

/** Nesterov (1983), PyTorch's form: m = mu m + g; w -= lr (g + mu m) with the new m. */
export const nesterov: OptimizerRule = (weights, gradient, state, hyperparameters, t) => {
  const h = withDefaults(hyperparameters);
  const m = momentumBuffer(gradient, state, h, t);
  const out = map(weights, (w, i) => w - h.learningRate * (gradient[i]! + h.momentum * m[i]!));
  return { weights: out, state: { m } };
};

/**
 * Adam (Kingma, Ba 2015): m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2;
 * w -= lr / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + eps).
 */
export const adam: OptimizerRule = (weights, gradient, state, hyperparameters, t) => {
  const h = withDefaults(hyperparameters);
  const m = map(gradient, (g, i) => h.beta1 * (state.m?.[i] ?? 0) + (1 - h.beta1) * g);
  const v = map(gradient, (g, i) => h.beta2 * (state.v?.[i] ?? 0) + (1 - h.beta2) * g * g);
  const metric = adamMetric(v, h, t);
  const stepSize = h.learningRate / (1 - h.beta1 ** t);
  return { weights: map(weights, (w, i) => w - stepSize * (m[i]! / metric[i]!)), state: { m, v } };
};

/** Adam's diagonal metric D = sqrt(v / (1 - b2^t)) + eps, elementwise. */
export function adamMetric(v: Float64Array, h: Pick<FullHyperparameters, 'beta2' | 'epsilon'>, t: number): Float64Array {
  const c2 = 1 - h.beta2 ** t;
  return v.map((second) => Math.sqrt(second / c2) + h.epsilon);
}

/** AdamW (Loshchilov, Hutter 2019) is Adam; its decay is the decoupled one that `update` applies for every optimizer. */
const RULES: Readonly<Record<OptimizerName, OptimizerRule>> = { sgd, momentum, nesterov, adam, adamw: adam };

/** The bare optimizer step that `hyperparameters` name, without any penalty. Throws InputError on bad values or lengths. */
export const optimizerStep: OptimizerRule = (weights, gradient, state, hyperparameters, t) => {
  const rule = RULES[hyperparameters.optimizer];
  if (!rule) {
    const names = Object.keys(RULES).join(', ');
    throw new InputError(`optimizer: must be one of ${names}, got ${hyperparameters.optimizer}.`);
  }
  if (!(Number.isInteger(t) && t >= 1)) throw new InputError(`optimizer: t must be an integer from 1, got ${t}. It counts steps.`);
  requireLength('optimizer', 'gradient', gradient, weights.length);
  if (state.m) requireLength('optimizer', 'state.m', state.m, weights.length);
  if (state.v) requireLength('optimizer', 'state.v', state.v, weights.length);
  return rule(weights, gradient, state, hyperparameters, t);
};
