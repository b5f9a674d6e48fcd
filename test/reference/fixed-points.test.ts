/**
 * Which problem each rule solves: training to rest on f(w) = sum h_i (w_i - a_i)^2 / 2, whose penalised minimum is
 * soft(h a, l1) / (h + l2) elementwise. The proximal rules must reach it under every optimizer, with exact zeros.
 */
import { describe, expect, it } from 'vitest';
import { update, type Hyperparameters, type OptimizerState } from '../../src/reference/index.ts';
import { expectClose } from '../cases/compare.ts';

const H = [1, 2, 0.5, 1, 1, 4], A = [1, 0.3, 0.05, -0.2, 0.005, -1.5];
const L1 = 0.1, L2 = 0.25, STEPS = 20_000;

const OPTIMIZERS: readonly Hyperparameters[] = [
  { optimizer: 'sgd', learningRate: 0.05 },
  { optimizer: 'momentum', learningRate: 0.02, momentum: 0.9 },
  { optimizer: 'momentum', learningRate: 0.05, momentum: 0.8, dampening: 0.5 },
  { optimizer: 'momentum', learningRate: 0.05, momentum: 0.9, dampening: 0.9 },
  { optimizer: 'nesterov', learningRate: 0.02, momentum: 0.9 },
  { optimizer: 'adam', learningRate: 0.01 },
  { optimizer: 'adamw', learningRate: 0.01 },
];

const soft = (x: number, t: number): number => (Math.abs(x) <= t ? 0 : x - Math.sign(x) * t);
const minimum = (l1: number, l2: number): number[] => H.map((h, i) => soft(h * A[i]!, l1) / (h + l2));
const zeros = (weights: Float64Array): boolean[] => Array.from(weights, (w) => w === 0);

/** The learning rate falls linearly to 0 and the state is kept, so the end is the fixed point. */
function rest(hyperparameters: Hyperparameters): Float64Array {
  let weights = Float64Array.of(0.5, -0.5, 0.5, 0.5, -0.5, 0.5);
  let state: OptimizerState = {};
  for (let step = 0; step < STEPS; step++) {
    const gradient = weights.map((w, i) => H[i]! * (w - A[i]!));
    const learningRate = hyperparameters.learningRate * (1 - step / STEPS);
    const next = update({ weights, gradient, state, hyperparameters: { ...hyperparameters, learningRate }, t: step + 1 });
    weights = next.weights as Float64Array<ArrayBuffer>;
    state = next.state;
  }
  return weights;
}

describe.each(OPTIMIZERS)('$optimizer, momentum $momentum, dampening $dampening', (rule) => {
  it('l1 proximal reaches the lasso, zeros exact', () => {
    const weights = rest({ ...rule, l1: L1 });
    expectClose('lasso', weights, minimum(L1, 0), 0, 1e-6);
    expect(zeros(weights)).toEqual([false, false, true, false, true, false]);
  });

  it('l1 subgradient comes near the lasso but has no exact zeros', () => {
    const weights = rest({ ...rule, l1: L1, l1Rule: 'subgradient' });
    expectClose('lasso', weights, minimum(L1, 0), 0, 1e-3);
    expect(zeros(weights)).not.toContain(true);
  });

  it.each(['coupled', 'proximal'] as const)('l2 %s reaches ridge', (l2Rule) => {
    expectClose('ridge', rest({ ...rule, l2: L2, l2Rule }), minimum(0, L2), 0, 1e-4);
  });

  it.each(['coupled', 'proximal'] as const)('l1 proximal with l2 %s reaches the elastic net, zeros exact', (l2Rule) => {
    const weights = rest({ ...rule, l1: L1, l2: L2, l2Rule });
    expectClose('elastic net', weights, minimum(L1, L2), 0, 1e-5);
    expect(zeros(weights)).toEqual([false, false, true, false, true, false]);
  });
});

describe('the plain threshold lr * l1 (rule decoupled) solves another problem', () => {
  it('is ten times too weak under momentum 0.9', () => {
    const weights = rest({ optimizer: 'momentum', learningRate: 0.02, momentum: 0.9, l1: L1, l1Rule: 'decoupled' });
    expectClose('lasso of l1 / 10', weights, minimum(L1 / 10, 0), 0, 1e-6);
  });

  it('is all but invisible under Adam', () => {
    const weights = rest({ optimizer: 'adam', learningRate: 0.01, l1: L1, l1Rule: 'decoupled' });
    expectClose('unpenalised', weights, A, 0, 1e-3);
    expect(zeros(weights)).not.toContain(true);
  });

  it('is the lasso under plain sgd', () => {
    const weights = rest({ optimizer: 'sgd', learningRate: 0.05, l1: L1, l1Rule: 'decoupled' });
    expectClose('lasso', weights, minimum(L1, 0), 0, 1e-6);
  });
});

describe('decoupled weight decay', () => {
  it('is ridge for sgd and ridge of (1 - momentum) times the decay under momentum', () => {
    expectClose('sgd', rest({ optimizer: 'sgd', learningRate: 0.05, weightDecay: L2 }), minimum(0, L2), 0, 1e-3);
    const heavy = rest({ optimizer: 'momentum', learningRate: 0.02, momentum: 0.9, weightDecay: L2 });
    expectClose('momentum', heavy, minimum(0, L2 / 10), 0, 1e-3);
  });
});
