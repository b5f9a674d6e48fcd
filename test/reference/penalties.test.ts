/** Clipping, rules on units, penalties on whole tensors and activations, averages: against torch and by hand. */
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import {
  activityGradient, activityPenalty, average, clipGradients, constrainUnits, orthogonalPenalty, referenceGradients, referenceInit,
  referenceStep, scaledUpdate, softThreshold, tensorHyperparameters, tensorNorms, unitConstraint, update,
  type Hyperparameters, type ReferenceBatch, type ReferenceNetwork,
} from '../../src/reference/index.ts';
import { expectClose } from '../cases/compare.ts';
import { goldenOptimizers } from '../golden/golden.ts';
import { signedUniforms } from './random.ts';

const SGD: Hyperparameters = { optimizer: 'sgd', learningRate: 0.5 };

describe('clipGradients', () => {
  const { gradients, cases } = goldenOptimizers.clips;
  it.each(cases)('$clip.by $clip.threshold', ({ clip, clipped }) => {
    clipGradients(gradients, clip).forEach((got, i) => expectClose(`tensor ${i}`, got, clipped[i]!, 1e-14, 0));
  });

  it('leaves zeros, keeps NaN, and an infinity makes its tensor not finite', () => {
    for (const by of ['value', 'norm', 'globalNorm'] as const) {
      expect(clipGradients([[0, 0]], { by, threshold: 1 })).toEqual([Float64Array.of(0, 0)]);
      expect(clipGradients([[NaN, 0]], { by, threshold: 1 })[0]![0]).toBeNaN();
    }
    expect(clipGradients([[Infinity, 1]], { by: 'norm', threshold: 1 })[0]).toEqual(Float64Array.of(NaN, 0));
    expect(clipGradients([], { by: 'globalNorm', threshold: 1 })).toEqual([]);
    expect(() => clipGradients([[1]], { by: 'norm', threshold: NaN })).toThrow(InputError);
  });

  it('acts on the raw gradient, before penalties', () => {
    // g = clamp(3, -1, 1) + 2 * 4 = 9
    const h: Hyperparameters = { ...SGD, l2: 2, clip: { by: 'value', threshold: 1 } };
    expect(update({ weights: [4], gradient: [3], state: {}, hyperparameters: h, t: 1 }).weights[0]).toBe(4 - 4.5);
    expect(update({ weights: [4], gradient: [Infinity], state: {}, hyperparameters: h, t: 1 }).nonFinite).toBe(true);
  });
});

describe('unitConstraint', () => {
  // Columns (3, 4), (.3, .4), (0, 0).
  const weights = [3, 0.3, 0, 4, 0.4, 0];
  it.each([
    ['max-norm', { maximum: 1 }, [0.6, 0.3, 0, 0.8, 0.4, 0]],
    ['unit-norm', { minimum: 1, maximum: 1 }, [0.6, 0.6, 0, 0.8, 0.8, 0]],
    ['group lasso', { groupThreshold: 1 }, [2.4, 0, 0, 3.2, 0, 0]],
    ['group lasso, then max-norm', { groupThreshold: 2.5, maximum: 1 }, [0.6, 0, 0, 0.8, 0, 0]],
    ['group lasso, then unit-norm', { groupThreshold: 1, minimum: 1, maximum: 1 }, [0.6, 0, 0, 0.8, 0, 0]],
    ['nothing', {}, weights],
  ])('%s', (_, bounds, want) => expectClose('weights', unitConstraint(weights, 2, 3, bounds), want, 1e-15, 0));

  it('refuses bounds no norm is within, and wrong lengths', () => {
    for (const bounds of [{ minimum: 2, maximum: 1 }, { groupThreshold: -1 }, { minimum: NaN }]) {
      expect(() => unitConstraint(weights, 2, 3, bounds)).toThrow(InputError);
    }
    expect(() => unitConstraint(weights, 2, 2, {})).toThrow(InputError);
  });

  it('group lasso has the threshold lr k strength sqrt(inputs), and only where there is one metric', () => {
    const before = (hyperparameters: Hyperparameters) => ({ weights, state: {}, hyperparameters });
    const run = (h: Hyperparameters, rules: object): Float64Array =>
      constrainUnits({ weights: Float64Array.from(weights), state: {}, nonFinite: false }, before(h), { rules, inWidth: 2, outWidth: 3, t: 1 }).weights;
    expectClose('sgd', run(SGD, { groupLasso: 1 }), unitConstraint(weights, 2, 3, { groupThreshold: 0.5 * Math.SQRT2 }), 1e-15, 0);
    const heavy: Hyperparameters = { optimizer: 'momentum', learningRate: 0.1, momentum: 0.8, dampening: 0.5 };
    expectClose('momentum', run(heavy, { groupLasso: 1, sqrtSize: false }), unitConstraint(weights, 2, 3, { groupThreshold: 0.25 }), 1e-14, 0);
    expect(() => run({ optimizer: 'adam', learningRate: 1 }, { groupLasso: 1 })).toThrow(/sgd, momentum and nesterov have, got adam/);
    expect(() => run(SGD, { maxNorm: 1, unitNorm: true })).toThrow(InputError);
    expect(run(SGD, { maxNorm: 0 })).toEqual(Float64Array.from(weights));
  });
});

describe('penalties on whole tensors and activations, from torch.autograd', () => {
  it.each(goldenOptimizers.orthogonal)('orthogonal, $inputs x $outputs', ({ inputs, outputs, strength, weights, penalty, gradient }) => {
    const got = orthogonalPenalty(weights, inputs, outputs, strength);
    expectClose('penalty', [got.penalty], [penalty], 1e-12, 0);
    expectClose('gradient', got.gradient, gradient, 1e-12, 1e-14);
  });

  it('is 0 for orthonormal units', () => {
    expect(orthogonalPenalty([1, 0, 0, 1, 0, 0], 3, 2, 5)).toEqual({ penalty: 0, gradient: new Float64Array(6) });
    expect(() => orthogonalPenalty([1], 1, 2, 1)).toThrow(InputError);
  });

  it.each(goldenOptimizers.activity)('activity, l1 $l1, l2 $l2, $count of $batch', ({ activations, count, batch, l1, l2, penalty, gradient }) => {
    expectClose('penalty', [activityPenalty(activations, count, { l1, l2, batch })], [penalty], 1e-13, 0);
    expectClose('gradient', activityGradient(activations, count, { l1, l2, batch }), gradient, 1e-13, 0);
  });

  it('an empty batch has no penalty, and lengths must fit', () => {
    expect(activityPenalty([1, 2], 0, { l1: 1, batch: 2 })).toBe(0);
    expect(activityGradient([1, 2], 0, { l1: 1, batch: 2 })).toEqual(Float64Array.of(0, 0));
    expect(() => activityGradient([1, 2, 3], 2, { l1: 1 })).toThrow(InputError);
    expect(() => activityGradient([1, 2], 2, { l1: 1, batch: 1 })).toThrow(InputError);
  });
});

describe('averages', () => {
  const runs = [[1, -2], [4, 0], [1, 8]];
  it('weight 1 / n gives the mean, 1 - decay after a copy the exponential average', () => {
    const swa = runs.reduce<ArrayLike<number>>((a, w, n) => average(a, w, 1 / (n + 1)), [9, 9]);
    expectClose('mean', swa, [2, 2], 1e-15, 0);
    const ema = runs.reduce<ArrayLike<number>>((a, w, n) => average(a, w, n === 0 ? 1 : 0.25), [9, 9]);
    expectClose('ema', ema, [0.75 * 1.75 + 0.25, 0.75 * -1.5 + 2], 1e-15, 0);
  });

  it('update keeps it in the slot average, unit rules before it', () => {
    const parameter = { weights: [3, 4], state: { average: Float64Array.of(1, 1) }, hyperparameters: { ...SGD, averageWeight: 0.5 } };
    const after = update({ ...parameter, gradient: [0, 0], t: 1 });
    expect(after.state.average).toEqual(Float64Array.of(2, 2.5));
    const bound = constrainUnits(after, parameter, { rules: { maxNorm: 1 }, inWidth: 2, outWidth: 1, t: 1 });
    expectClose('average', bound.state.average!, [0.8, 0.9], 1e-15, 0);
  });
});

describe('scaledUpdate and tensorNorms', () => {
  const tensors = [{ weights: [1, 2], gradient: [3, 0] }, { weights: [5], gradient: [4] }].map((one) => ({ ...one, state: {}, hyperparameters: SGD }));

  it('clips over all tensors', () => {
    const { tensors: after, skipped } = scaledUpdate({ tensors, t: 1, clip: { by: 'globalNorm', threshold: 2.5 } });
    expect([skipped, ...after.map(({ weights }) => Array.from(weights))]).toEqual([false, [0.25, 2], [4]]);
  });

  it('skips an update with any gradient that is not finite, or flags it', () => {
    const bad = [tensors[0]!, { ...tensors[1]!, gradient: [NaN] }];
    const skipped = scaledUpdate({ tensors: bad, t: 1, skip: true });
    expect(skipped.skipped).toBe(true);
    expect(skipped.tensors.map(({ weights, nonFinite }) => [Array.from(weights), nonFinite])).toEqual([[[1, 2], false], [[5], true]]);
    expect(scaledUpdate({ tensors: bad, t: 1 }).tensors.map(({ nonFinite }) => nonFinite)).toEqual([false, true]);
    expect(scaledUpdate({ tensors: bad, t: 1, clip: { by: 'value', threshold: 1 } }).tensors[1]!.nonFinite).toBe(true);
  });

  it('norms: of the gradient, with penalties under lars, of the direction under lamb', () => {
    const one = { weights: [3, -4], gradient: [1, 2], state: {}, t: 1 };
    expect(tensorNorms({ ...one, hyperparameters: SGD })).toEqual({ vector: 5, weight: 25, nonFinite: 0 });
    expect(tensorNorms({ ...one, hyperparameters: { optimizer: 'lars', learningRate: 1, l2: 1 } }).vector).toBe(16 + 4);
    // The first direction of lamb is sign(g) but for epsilon, plus the decay.
    const lamb = tensorNorms({ ...one, hyperparameters: { optimizer: 'lamb', learningRate: 1, weightDecay: 0.5 } });
    expectClose('lamb', [lamb.vector], [2.5 ** 2 + 1], 1e-5, 0);
    expect(tensorNorms({ ...one, gradient: [NaN, Infinity], hyperparameters: SGD }).nonFinite).toBe(2);
  });
});

describe('in whole networks', () => {
  const network: ReferenceNetwork = {
    seed: 2,
    layers: [
      { inWidth: 5, outWidth: 6, activation: 'relu', dropout: { rate: 0.5, layer: 2 }, activity: { l1: 0.3, l2: 0.2 } },
      { inWidth: 6, outWidth: 3, activation: 'none', activity: { l2: 0.1 } },
    ],
  };
  const batch: ReferenceBatch = {
    inputs: signedUniforms(30, 11), targets: [0, 2, 1, 1, 0, 2], order: [5, 3, 1, 0, 2, 4], position: 1, batch: 4, count: 3, scale: 1.5, offset: 0.1,
  };
  const weights = referenceInit(network).weights.map((w, i) => (i % 2 ? signedUniforms(w.length, 20 + i) : w));

  it('activity gradients equal central differences of loss + penalty', () => {
    const objective = (w: readonly Float64Array[]): number => {
      const { loss, activityPenalty: penalty } = referenceGradients(w, batch, network, 4);
      return loss + penalty;
    };
    const { gradients, activityPenalty: penalty } = referenceGradients(weights, batch, network, 4);
    expect(penalty).toBeGreaterThan(0);
    weights.forEach((w, tensor) => {
      const moved = (index: number, by: number): Float64Array[] =>
        weights.map((x, i) => (i === tensor ? x.map((value, j) => (j === index ? value + by : value)) : x));
      const numeric = w.map((_, index) => (objective(moved(index, 1e-5)) - objective(moved(index, -1e-5))) / 2e-5);
      expectClose(`tensor ${tensor}`, gradients[tensor]!, numeric, 1e-7, 1e-9);
    });
  });

  it('clip is global, unit rules and orthogonal reach weights only, penalties no biases', () => {
    const start = { weights, slots: weights.map(() => ({})), step: 0 };
    const clip = { by: 'globalNorm', threshold: 0.1 } as const;
    const { gradients } = referenceGradients(weights, batch, network, 0);
    const hyperparameters = { ...SGD, clip };
    const config = { network, hyperparameters, weightRules: { orthogonal: 0.01, maxNorm: 1 }, weightRuleGroups: { 'layers.1.weight': { maxNorm: 0 } } };
    const { state } = referenceStep(start, batch, config);
    const clipped = clipGradients(gradients, clip);
    const sides = network.layers.map(({ inWidth, outWidth }) => [inWidth, outWidth] as const);
    const want = weights.map((w, i) => {
      const [inputs, outputs] = sides[i >> 1]!;
      const extra = i % 2 === 0 ? orthogonalPenalty(w, inputs, outputs, 0.01).gradient : new Float64Array(w.length);
      const stepped = w.map((x, j) => x - 0.5 * (clipped[i]![j]! + extra[j]!));
      return i === 0 ? unitConstraint(stepped, inputs, outputs, { maximum: 1 }) : stepped;
    });
    want.forEach((w, i) => expectClose(`tensor ${i}`, state.weights[i]!, w, 1e-14, 1e-16));
  });

  it('a step that is left out changes nothing but its count, and the next is the first', () => {
    const start = { weights: weights.map((w) => w.map((x) => 3 * x)), slots: weights.map(() => ({})), step: 0 };
    const config = { network, hyperparameters: { optimizer: 'adam', learningRate: 0.01, averageWeight: 0.5 } as const, skip: true, weightRules: { maxNorm: 0.1 } };
    const { state, nonFinite } = referenceStep(start, { ...batch, inputs: Array.from(batch.inputs, () => NaN) }, config);
    expect([state.weights, state.step, state.skipped, nonFinite.includes(true)]).toEqual([start.weights, 1, 1, true]);
    expect(state.slots.map(({ average: kept }) => kept)).toEqual(start.weights);
    const next = referenceStep(state, batch, { ...config, weightRules: {} }).state;
    // Adam's first step: the learning rate, whatever the gradient; its second, after a first one of 0, is 0.0074.
    next.weights.forEach((w, i) => w.forEach((x, j) => { if (x !== start.weights[i]![j]) expect(Math.abs(x - start.weights[i]![j]!)).toBeCloseTo(0.01, 5); }));
    expect([next.step, next.skipped]).toEqual([2, 1]);
  });

  it('biases have no penalty and no ratio unless their group says so', () => {
    const hyperparameters: Hyperparameters = { optimizer: 'lamb', learningRate: 1, l1: 1, l2: 1, weightDecay: 1, nonNegative: true };
    const bias = tensorHyperparameters({ network, hyperparameters, groups: { 'layers.0.bias': { l1: 2 } } }, 'layers.0.bias');
    expect(bias).toMatchObject({ l1: 2, l2: 0, weightDecay: 0, nonNegative: false, trustRatio: false });
    expect(tensorHyperparameters({ network, hyperparameters }, 'layers.0.weight')).toEqual(hyperparameters);
  });
});

it('a soft threshold below 0 would push weights out: it is refused', () => {
  expect(() => softThreshold(1, -1)).toThrow(new InputError('softThreshold: threshold must be 0 or more, got -1.'));
  expect([softThreshold(1, 0), softThreshold(-2, 0.5)]).toEqual([1, -1.5]);
});
