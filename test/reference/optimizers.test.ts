/** Optimizer steps by hand and at the edges; trajectories are in trajectories.test.ts. */
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import {
  denseWeightUpdate, initialState, networkWeightUpdate, OPTIMIZERS, optimizerStep, proximalAdagrad, proximalSgd, update, withDefaults,
  type Hyperparameters, type Parameter, type RuleName,
} from '../../src/reference/index.ts';
import { optimizerSlots, RULE_NAMES } from '../../src/kernels/rule.ts';
import { RULES as MODELS } from '../../src/model/rules/all.ts';
import { know } from '../../src/model/rules/index.ts';
import { expectClose } from '../cases/compare.ts';

MODELS.forEach(know);

const OWN: Partial<Record<RuleName | 'adamw', Partial<Hyperparameters>>> = {
  momentum: { momentum: 0.9, dampening: 0.3 }, nesterov: { momentum: 0.9 }, rmspropMomentum: { momentum: 0.9 },
  rmspropCenteredMomentum: { momentum: 0.5 }, adamw: { weightDecay: 0.01 },
};
const NAMES = [...(Object.keys(OPTIMIZERS) as RuleName[]), 'adamw'] as const;
const RULES: readonly Hyperparameters[] = NAMES.map((optimizer) => ({ optimizer, learningRate: 0.1, ...OWN[optimizer] }));

/** The weight after one step from w with gradient g and no state. */
const first = (hyperparameters: Hyperparameters, w: number, g: number): number =>
  update({ weights: [w], gradient: [g], state: {}, hyperparameters, t: 1 }).weights[0]!;

const parameter = (weights: readonly number[], learningRate: number): Parameter =>
  ({ weights, state: {}, hyperparameters: { optimizer: 'sgd', learningRate } });

describe('names', () => {
  it('rules and slots are those of the kernels, in their order', () => {
    expect(Object.keys(OPTIMIZERS)).toEqual(RULE_NAMES);
    for (const [name, rule] of Object.entries(OPTIMIZERS)) {
      expect(rule.name).toBe(name);
      expect(rule.slots).toEqual(optimizerSlots(rule.name));
    }
  });

  it.each(RULES)('$optimizer returns every slot, and initialState is what missing slots are', (hyperparameters) => {
    const weights = [0.5, -1], initial = initialState(weights, hyperparameters);
    const given = update({ weights, gradient: [1, 2], state: initial, hyperparameters, t: 1 });
    expect(update({ weights, gradient: [1, 2], state: {}, hyperparameters, t: 1 })).toEqual(given);
    expect(Object.keys(given.state)).toEqual(Object.keys(initial));
    const bare = optimizerStep(weights, [1, 2], {}, { ...hyperparameters, weightDecay: 0 }, 1);
    expect(bare.metric.every((d) => d > 0)).toBe(true);
    expect(bare.state).toEqual(update({ weights, gradient: [1, 2], state: {}, hyperparameters: { ...hyperparameters, weightDecay: 0 }, t: 1 }).state);
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

/** FTRL's penalties weigh against the sum of gradients: the warm start keeps the weights, one gradient against huge ones goes to 0. */
function expectPenaltiesInFtrl(): void {
  const h: Hyperparameters = { optimizer: 'ftrl', learningRate: 0.1, l1: 1e6 };
  const weights = [0.5, -2], state = initialState(weights, { ...h, l1: 0 });
  expect(Array.from(update({ weights, gradient: [1, 1], state, hyperparameters: h, t: 1 }).weights, Math.abs)).toEqual([0, 0]);
  expectClose('kept', update({ weights, gradient: [0, 0], state: {}, hyperparameters: h, t: 1 }).weights, weights, 1e-9, 0);
  const shrunk = update({ weights, gradient: [0, 0], state, hyperparameters: { ...h, l1: 0, l2: 1e6, l2Rule: 'proximal' }, t: 1 });
  expect(Array.from(shrunk.weights, Math.sign)).toEqual([1, -1]);
  expect(Math.max(...shrunk.weights.map(Math.abs))).toBeLessThan(1e-4);
}

describe.each(RULES)('edges: $optimizer', (rule) => {
  const weights = Float64Array.of(0.5, -2, 0, 5e-324, -1e-310);
  const gradient = [1, -0.5, 0.25, 0, 1e-308];
  const penalties = { l1: 0.1, l2: 0.2, l2Rule: 'proximal' } as const;

  it('learning rate 0 changes no weight but keeps the state; ftrl divides by it and refuses', () => {
    const options = { weights, gradient, state: {}, hyperparameters: { ...rule, ...penalties, learningRate: 0 }, t: 1 };
    if (rule.optimizer === 'ftrl') {
      expect(() => update(options)).toThrow(/learningRate must be .* above 0 for ftrl/);
      return;
    }
    const next = update(options);
    expect(next.weights).toEqual(weights);
    // Lars keeps the rate in its buffer, as its paper does.
    for (const slot of Object.keys(next.state)) expect(next.state[slot]![0] !== 0, slot).toBe(rule.optimizer !== 'lars');
  });

  it('zero gradient and no penalty changes nothing; zero weights stay zero under every penalty', () => {
    const zeros = new Float64Array(5);
    const still = update({ weights, gradient: zeros, state: {}, hyperparameters: { ...rule, weightDecay: 0 }, t: 1 });
    expectClose('weights', still.weights, weights, 1e-15, 1e-322);
    if (rule.optimizer !== 'ftrl') expect(still.weights).toEqual(weights);
    for (const l1Rule of ['proximal', 'subgradient', 'decoupled'] as const) {
      const next = update({ weights: zeros, gradient: zeros, state: {}, hyperparameters: { ...rule, ...penalties, l1Rule, weightDecay: 0.1 }, t: 1 });
      expect(next.weights.every((w) => w === 0)).toBe(true);
    }
  });

  it('a huge l1 gives exact zeros at once, a proximal l2 never flips a sign', () => {
    if (rule.optimizer === 'ftrl') return expectPenaltiesInFtrl();
    const all = update({ weights, gradient, state: {}, hyperparameters: { ...rule, l1: 1e9 }, t: 1 });
    expect(all.weights.every((w) => w === 0)).toBe(true);
    const shrunk = update({ weights: [1, -1], gradient: [0, 0], state: {}, hyperparameters: { ...rule, l2: 1e6, l2Rule: 'proximal', weightDecay: 0 }, t: 1 });
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
    const given = Float64Array.of(5, 6), hyperparameters = { ...rule, ...penalties };
    const state = initialState(given, hyperparameters), copy = structuredClone(state);
    update({ weights: given, gradient: [1, 1], state, hyperparameters, t: 3 });
    expect([given, state]).toEqual([Float64Array.of(5, 6), copy]);
  });
});

describe('proximal sgd and adagrad', () => {
  it('are the formulas of their papers', () => {
    // soft(.5 - .25 * 1, .25 * .4) / (1 + .25 * 2) = .15 / 1.5; s = .75 + 1/4 = 1: soft(.5 - .25 * .5, .1) / 1.5.
    expect(first(proximalSgd({ learningRate: 0.25, l1: 0.4, l2: 2 }), 0.5, 1)).toBeCloseTo(0.1, 15);
    expect(first(proximalAdagrad({ learningRate: 0.25, l1: 0.4, l2: 2, initialAccumulator: 0.75 }), 0.5, 0.5)).toBeCloseTo(0.275 / 1.5, 15);
  });

  it('adagrad without epsilon takes no step where no gradient was seen, and any penalty there means 0', () => {
    const bare: Hyperparameters = { optimizer: 'adagrad', learningRate: 0.1, epsilon: 0 };
    expect(first(bare, 0.5, 0)).toBe(0.5);
    expect(first({ ...bare, l1: 1e-9 }, 0.5, 0)).toBe(0);
    expect(first({ ...bare, l2: 1e-9, l2Rule: 'proximal' }, 0.5, 0)).toBe(0);
    expect(first({ ...bare, l1: 1, learningRate: 0 }, 0.5, 0)).toBe(0.5);
  });

  it('ftrl without penalties is adagrad without epsilon, from the same weights', () => {
    const ftrl: Hyperparameters = { optimizer: 'ftrl', learningRate: 0.1, initialAccumulator: 0.1 };
    for (const [w, g] of [[0.5, 1], [-0.3, 0.2], [0, -2]] as const) {
      expect(first(ftrl, w, g)).toBeCloseTo(first(proximalAdagrad({ learningRate: 0.1 }), w, g), 14);
    }
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
    { optimizer: 'adam', epsilon: 0 }, { alpha: 1 }, { rho: -1 }, { epsilonRoot: -1 }, { initialAccumulator: NaN }, { learningRateDecay: -1 },
    { trustCoefficient: 0 }, { momentumDecay: -1 }, { beta: -1 }, { optimizer: 'ftrl', learningRate: 0 }, { optimizer: 'ftrl', previousLearningRate: 0 },
    { l1Rule: 'lasso' as 'proximal' }, { l2Rule: 'decoupled' as 'coupled' }, { nonNegative: 1 as unknown as boolean }, { averageWeight: 0 },
    { averageWeight: 1.5 }, { l1Total: -1 }, { clip: { by: 'norm', threshold: 0 } }, { clip: { by: 'l2' as 'norm', threshold: 1 } },
    { lr: 0.1 } as Partial<Hyperparameters>, { learningRate: '0.1' as unknown as number },
  ] satisfies Partial<Hyperparameters>[])('%s', (wrong) => {
    expect(() => withDefaults({ optimizer: 'momentum', learningRate: 0.1, ...wrong })).toThrow(InputError);
  });

  it('an unknown optimizer, a t of 0, wrong lengths', () => {
    const right = { weights: [1], gradient: [1], state: {}, hyperparameters: RULES[0]!, t: 1 };
    expect(() => update({ ...right, hyperparameters: { optimizer: 'muon' as 'sgd', learningRate: 1 } })).toThrow(/must be one of sgd, momentum/);
    expect(() => update({ ...right, t: 0 })).toThrow(InputError);
    expect(() => update({ ...right, gradient: [1, 2] })).toThrow(InputError);
    expect(() => update({ ...right, state: { m: Float64Array.of(1) } })).toThrow(/sgd has no slot at all, got a slot m/);
    const heavy = { ...right, hyperparameters: { optimizer: 'momentum', learningRate: 1 } } as const;
    expect(() => update({ ...heavy, state: { momentum: Float64Array.of(1, 2) } })).toThrow(/state.momentum must have 1 elements, got 2/);
    expect(() => update({ ...right, hyperparameters: { ...RULES[0]!, clip: { by: 'globalNorm', threshold: 1 } } })).toThrow(/clipGradients/);
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
