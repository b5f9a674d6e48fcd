/** Optimizer steps against PyTorch's double-precision trajectories, and at the edges. */
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import {
  denseWeightUpdate, networkWeightUpdate, update, withDefaults,
  type Hyperparameters, type OptimizerState, type Parameter,
} from '../../src/reference/index.ts';
import { goldenOptimizers } from '../golden/golden.ts';
import { expectClose } from '../cases/compare.ts';

const RULES: readonly Hyperparameters[] = [
  { optimizer: 'sgd', learningRate: 0.1 },
  { optimizer: 'momentum', learningRate: 0.1, momentum: 0.9, dampening: 0.3 },
  { optimizer: 'nesterov', learningRate: 0.1, momentum: 0.9 },
  { optimizer: 'adam', learningRate: 0.1 },
  { optimizer: 'adamw', learningRate: 0.1, weightDecay: 0.01 },
];

/** The weight after one step from w with gradient g and no state. */
const first = (hyperparameters: Hyperparameters, w: number, g: number): number =>
  update({ weights: [w], gradient: [g], state: {}, hyperparameters, t: 1 }).weights[0]!;

const parameter = (weights: readonly number[], learningRate: number): Parameter =>
  ({ weights, state: {}, hyperparameters: { optimizer: 'sgd', learningRate } });

describe('trajectories from PyTorch', () => {
  it.each(goldenOptimizers.cases)('$name', ({ hyperparameters, weights, state }) => {
    let w: ArrayLike<number> = goldenOptimizers.start;
    let slots: OptimizerState = {};
    goldenOptimizers.gradients.forEach((gradient, step) => {
      const next = update({ weights: w, gradient, state: slots, hyperparameters, t: step + 1 });
      expectClose(`weights, step ${step}`, next.weights, weights[step]!, 1e-10, 1e-15);
      for (const slot of ['m', 'v'] as const) {
        const want = state[slot]?.[step];
        expect(next.state[slot] === undefined, `slot ${slot}`).toBe(want === undefined);
        if (want) expectClose(`${slot}, step ${step}`, next.state[slot]!, want, 1e-10, 1e-18);
      }
      expect(next.nonFinite).toBe(false);
      w = next.weights;
      slots = next.state;
    });
  });
});

describe('first steps by hand', () => {
  it('decay multiplies by lr and acts before the step', () => {
    expect(first({ optimizer: 'sgd', learningRate: 0.5, weightDecay: 0.5 }, 2, 1)).toBe(1);
    expect(first({ optimizer: 'momentum', learningRate: 0.5, momentum: 0.9, weightDecay: 0.5 }, 2, 1)).toBe(1);
  });

  it('coupled penalties use the weights from before the decay', () => {
    // g = 1 + .5 * 2 + .25 = 2.25; w = 2 * .75 - .5 * 2.25
    const h: Hyperparameters = { optimizer: 'sgd', learningRate: 0.5, weightDecay: 0.5, l2: 0.5, l1: 0.25, l1Rule: 'subgradient' };
    expect(first(h, 2, 1)).toBe(0.375);
  });

  it('elastic net thresholds first, then shrinks: .5 becomes .1667, not .0833', () => {
    const h: Hyperparameters = { optimizer: 'sgd', learningRate: 0.25, l1: 1, l2: 2, l2Rule: 'proximal' };
    expect(first(h, 0.5, 0)).toBeCloseTo(1 / 6, 15);
  });

  it('dampening: the first buffer is the whole gradient', () => {
    expect(first({ optimizer: 'momentum', learningRate: 0.5, momentum: 0.9, dampening: 0.5 }, 0, 1)).toBe(-0.5);
  });

  it('the first Adam step is lr * sign(g)', () => {
    for (const g of [3, -1e-3]) expect(first({ optimizer: 'adam', learningRate: 0.1 }, 0, g)).toBeCloseTo(-0.1 * Math.sign(g), 5);
  });

  it('adamw is adam with weight decay', () => {
    const h = { learningRate: 0.1, weightDecay: 0.2 };
    expect(first({ optimizer: 'adamw', ...h }, 1, 0.3)).toBe(first({ optimizer: 'adam', ...h }, 1, 0.3));
    expect(first({ optimizer: 'adamw', ...h }, 1, 0.3)).not.toBe(first({ optimizer: 'adamw', learningRate: 0.1 }, 1, 0.3));
  });
});

describe.each(RULES)('edges: $optimizer', (rule) => {
  const weights = Float64Array.of(0.5, -2, 0, 5e-324, -1e-310);
  const gradient = [1, -0.5, 0.25, 0, 1e-308];
  const penalties = { l1: 0.1, l2: 0.2, l2Rule: 'proximal' } as const;

  it('learning rate 0 changes no weight but keeps the state', () => {
    const next = update({ weights, gradient, state: {}, hyperparameters: { ...rule, ...penalties, learningRate: 0 }, t: 1 });
    expect(next.weights).toEqual(weights);
    expect(next.state.m?.[0]).toBe({ sgd: undefined, momentum: 1, nesterov: 1, adam: 1 - 0.9, adamw: 1 - 0.9 }[rule.optimizer]);
  });

  it('zero gradient and no penalty changes nothing; zero weights stay zero under every penalty', () => {
    const zeros = new Float64Array(5);
    const still = update({ weights, gradient: zeros, state: {}, hyperparameters: { ...rule, weightDecay: 0 }, t: 1 });
    expect(still.weights).toEqual(weights);
    for (const l1Rule of ['proximal', 'subgradient', 'decoupled'] as const) {
      const next = update({ weights: zeros, gradient: zeros, state: {}, hyperparameters: { ...rule, ...penalties, l1Rule, weightDecay: 0.1 }, t: 1 });
      expect(next.weights.every((w) => w === 0)).toBe(true);
    }
  });

  it('a huge l1 gives exact zeros at once, a proximal l2 never flips a sign', () => {
    const all = update({ weights, gradient, state: {}, hyperparameters: { ...rule, l1: 1e6 }, t: 1 });
    expect(all.weights.every((w) => w === 0)).toBe(true);
    const shrunk = update({ weights: [1, -1], gradient: [0, 0], state: {}, hyperparameters: { ...rule, l2: 1e6, l2Rule: 'proximal' }, t: 1 });
    expect(shrunk.weights[0]).toBeGreaterThan(0);
    expect(shrunk.weights[0]).toBeLessThan(1e-4);
    expect(shrunk.weights[1]).toBe(-shrunk.weights[0]!);
  });

  it('denormals stay finite, an empty tensor stays empty', () => {
    expect(update({ weights, gradient, state: {}, hyperparameters: { ...rule, ...penalties }, t: 1 }).nonFinite).toBe(false);
    const empty = update({ weights: [], gradient: [], state: {}, hyperparameters: rule, t: 1 });
    expect([empty.weights.length, empty.nonFinite]).toEqual([0, false]);
  });

  it.each([NaN, Infinity, -Infinity])('a gradient of %s is flagged and hides behind no penalty', (bad) => {
    const hyperparameters = { ...rule, ...penalties };
    const next = update({ weights: [1, 1], gradient: [0, bad], state: {}, hyperparameters, t: 1 });
    expect(next.nonFinite).toBe(true);
    expect(update({ weights: [NaN, 1], gradient: [0, 0], state: {}, hyperparameters, t: 1 }).nonFinite).toBe(true);
  });

  it('does not touch what it was given', () => {
    const state = { m: Float64Array.of(1, 2), v: Float64Array.of(3, 4) }, given = Float64Array.of(5, 6);
    update({ weights: given, gradient: [1, 1], state, hyperparameters: { ...rule, ...penalties }, t: 3 });
    expect([given, state.m, state.v]).toEqual([Float64Array.of(5, 6), Float64Array.of(1, 2), Float64Array.of(3, 4)]);
  });
});

describe('a weight crossing zero', () => {
  it('stops at zero only under the proximal rule', () => {
    const rule = { optimizer: 'sgd', learningRate: 0.1, l1: 0.2 } as const;
    expect(first({ ...rule, l1Rule: 'proximal' }, 0.02, 0.3) === 0).toBe(true);
    expect(first({ ...rule, l1Rule: 'subgradient' }, 0.02, 0.3)).toBeCloseTo(-0.03, 15);
  });
});

describe('refused hyperparameters', () => {
  it.each([
    { learningRate: -1 }, { learningRate: NaN }, { learningRate: Infinity }, { momentum: 1 }, { beta1: 1 }, { beta2: -0.1 }, { epsilon: 0 },
    { l1: -1 }, { l2: NaN }, { weightDecay: 10 }, { optimizer: 'nesterov', dampening: 0.5 }, { dampening: 1 },
  ] satisfies Partial<Hyperparameters>[])('%s', (wrong) => {
    expect(() => withDefaults({ optimizer: 'momentum', learningRate: 0.1, ...wrong })).toThrow(InputError);
  });

  it('an unknown optimizer, a t of 0, wrong lengths', () => {
    const right = { weights: [1], gradient: [1], state: {}, hyperparameters: RULES[0]!, t: 1 };
    expect(() => update({ ...right, hyperparameters: { optimizer: 'lion' as 'sgd', learningRate: 1 } })).toThrow(/must be one of sgd, momentum/);
    expect(() => update({ ...right, t: 0 })).toThrow(InputError);
    expect(() => update({ ...right, gradient: [1, 2] })).toThrow(InputError);
    expect(() => update({ ...right, state: { m: Float64Array.of(1, 2) } })).toThrow(InputError);
  });
});

describe('dense-weight-update and network-weight-update', () => {
  it('step weight and bias of each layer from its input and delta', () => {
    const layer = {
      input: [1, 0, 2, -1, 3, 0.5], delta: [1, -1, 2, 0.5], batch: 2, inWidth: 3, outWidth: 2, t: 1,
      weight: parameter([0, 0, 0, 0, 0, 0], 1), bias: parameter([1, 1], 0.5),
    };
    const { weight, bias } = denseWeightUpdate(layer);
    expectClose('weight', weight.weights, [1, 1.5, -6, -1.5, -3, 1.75], 0, 0);
    expectClose('bias', bias.weights, [-0.5, 1.25], 0, 0);
    expect(networkWeightUpdate([layer, { ...layer, t: 2 }])).toEqual([denseWeightUpdate(layer), denseWeightUpdate({ ...layer, t: 2 })]);
  });
});
