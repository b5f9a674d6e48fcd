/** Every kernel's reference against values worked out by hand or known from papers. */
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import {
  biasGradient, denseForward, denseInputGradient, denseWeightGradient, dropoutFactors, dropoutRate, gather, head,
  parameterSums, philox, philox4x32, snapshot, softmax, softmaxCrossEntropy,
} from '../../src/reference/index.ts';
import { expectClose } from '../cases/compare.ts';
import { signedUniforms } from './random.ts';

const dropout = { ...dropoutRate(0.5), seed: 3, stream: 8, step: 2 };

describe('philox', () => {
  // Known-answer vectors of Random123 (kat_vectors, philox4x32 10).
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ] as const)('%s', (counter, key, want) => {
    const words = philox4x32([...counter], [...key]);
    expect(words.map((word) => word.toString(16).padStart(8, '0')).join(' ')).toBe(want);
  });

  it('words do not depend on where the draw starts, and depend on seed (all 53 bits), stream and step', () => {
    const base = { seed: 2 ** 33 + 5, stream: 7, step: 1 };
    const all = philox({ ...base, length: 23 });
    expect(philox({ ...base, first: 6, length: 17 })).toEqual(all.subarray(6));
    expect(Array.from(all.subarray(20, 23))).toEqual(philox4x32([5, 1, 7, 0], [5, 2]).slice(0, 3));
    for (const other of [{ seed: 5 }, { stream: 8 }, { step: 2 }]) {
      expect(philox({ ...base, ...other, length: 23 })).not.toEqual(all);
    }
  });
});

describe('dropout', () => {
  it('threshold is round(p * 2^32), scale 1 / (1 - p)', () => {
    expect(dropoutRate(0.5)).toEqual({ threshold: 2 ** 31, scale: 2 });
    expect(dropoutRate(0.2)).toEqual({ threshold: 858993459, scale: 1.25 });
    expect(dropoutRate(0)).toEqual({ threshold: 0, scale: 1 });
    for (const rate of [1, -0.1, NaN]) expect(() => dropoutRate(rate)).toThrow(InputError);
  });

  it('drops words below the threshold, at the stated rate', () => {
    const length = 40_000;
    const factors = dropoutFactors(length, { ...dropout, ...dropoutRate(0.2) });
    const words = philox({ ...dropout, length });
    expect(factors.every((factor, i) => factor === (words[i]! < 858993459 ? 0 : 1.25))).toBe(true);
    const dropped = factors.filter((factor) => factor === 0).length / length;
    expect(Math.abs(dropped - 0.2)).toBeLessThan(5 * Math.sqrt((0.2 * 0.8) / length));
    expect(dropoutFactors(3)).toEqual(Float64Array.of(1, 1, 1));
    // A word equal to the threshold is kept.
    expect(dropoutFactors(1, { ...dropout, threshold: words[0]! })[0]).toBe(2);
  });
});

describe('gather', () => {
  const base = { inputs: Uint8Array.of(0, 51, 102, 153, 204, 255), width: 2, scale: 1 / 255, offset: -0.5, batch: 3 };

  it('takes rows in order from a position, normalises, and leaves rows past count 0', () => {
    const out = gather({ ...base, order: [9, 2, 0], position: 1, count: 2 });
    expectClose('gather', out, [0.3, 0.5, -0.5, -0.3, 0, 0], 1e-15, 1e-15);
  });

  it('drops inputs by element row * width + column, whatever their value', () => {
    const inputs = [Infinity, NaN, 1, 1, 1, 1];
    const factors = dropoutFactors(6, dropout);
    const out = gather({ ...base, inputs, scale: 1, offset: 0, order: [0, 1, 2], position: 0, count: 3, dropout });
    expect(Array.from(out)).toEqual(inputs.map((x, i) => (factors[i] === 0 ? 0 : x * 2)));
    expect(factors).toContain(0);
    expect(factors).toContain(2);
  });

  it('refuses a count over the batch and indices outside the data', () => {
    expect(() => gather({ ...base, order: [0, 1, 2, 0], position: 0, count: 4 })).toThrow(InputError);
    expect(() => gather({ ...base, order: [0, 3], position: 0, count: 2 })).toThrow(/order from 0\[1\] must be an integer from 0 to 2, got 3/);
    expect(() => gather({ ...base, order: [0], position: 0, count: 2 })).toThrow(InputError);
  });
});

describe('dense-forward', () => {
  const base = { input: [1, 2, -1, 3], weight: [1, 0, -2, 0.5, -1, 1], bias: [0.25, 0.5, 1], batch: 2, inWidth: 2, outWidth: 3 };

  it('is input W + b with W input-major', () => {
    expect(Array.from(denseForward({ ...base, activation: 'none' }))).toEqual([2.25, -1.5, 1, 0.75, -2.5, 6]);
  });

  it('relu is z <= 0 ? 0 : z and lets NaN through', () => {
    expect(Array.from(denseForward({ ...base, activation: 'relu' }))).toEqual([2.25, 0, 1, 0.75, 0, 6]);
    const out = denseForward({ ...base, bias: [NaN, -Infinity, 0], activation: 'relu' });
    expect(Array.from(out)).toEqual([NaN, 0, 0, NaN, 0, 5]);
  });

  it('drops after the activation', () => {
    const factors = dropoutFactors(6, dropout);
    const plain = denseForward({ ...base, activation: 'none' });
    expect(denseForward({ ...base, activation: 'none', dropout })).toEqual(plain.map((z, i) => (factors[i] ? z * 2 : 0)));
  });

  it('works on an empty batch and refuses wrong lengths', () => {
    expect(denseForward({ ...base, input: [], batch: 0, activation: 'relu' }).length).toBe(0);
    expect(() => denseForward({ ...base, weight: [1, 2], activation: 'none' })).toThrow(/weight must have 6 elements, got 2/);
  });
});

describe('softmax and softmax-cross-entropy', () => {
  const logits = [0, Math.log(3), 5, 5, 1000, -1000];
  const base = { logits, targets: [1, 1, 0], batch: 3, count: 3, classes: 2 };

  it('gives probabilities, also for huge logits', () => {
    expectClose('p', softmax({ logits, batch: 3, classes: 2 }), [0.25, 0.75, 0.5, 0.5, 1, 0], 1e-15, 1e-300);
    expect(softmax({ logits: [NaN, 0], batch: 1, classes: 2 }).every(Number.isNaN)).toBe(true);
  });

  it('loss, hits (first largest logit) and gradient', () => {
    const { losses, hits, gradient } = softmaxCrossEntropy(base);
    expectClose('losses', losses, [-Math.log(0.75), Math.log(2), 0], 1e-15, 1e-15);
    expect(Array.from(hits)).toEqual([1, 0, 1]);
    expectClose('gradient', gradient, [0.25 / 3, -0.25 / 3, 0.5 / 3, -0.5 / 3, 0, 0], 1e-15, 1e-300);
    const wrong = softmaxCrossEntropy({ ...base, targets: [0, 0, 1] });
    expectClose('a certain and wrong answer', wrong.losses, [Math.log(4), Math.log(2), 2000], 1e-15, 0);
    expect(Array.from(wrong.hits)).toEqual([0, 1, 0]);
  });

  it('rows past count are exactly 0 and the mean is over count', () => {
    const { losses, hits, gradient } = softmaxCrossEntropy({ ...base, targets: [1], count: 1 });
    expect(Array.from(losses.subarray(1))).toEqual([0, 0]);
    expect(Array.from(hits)).toEqual([1, 0, 0]);
    expectClose('gradient', gradient, [0.25, -0.25, 0, 0, 0, 0], 1e-15, 0);
    expect(softmaxCrossEntropy({ ...base, count: 0 }).gradient).toEqual(new Float64Array(6));
  });

  it.each([[[1, 1, 2]], [[1, 1, -1]], [[1, 1, 0.5]], [[1, 1]]])('refuses targets %s', (targets) => {
    expect(() => softmaxCrossEntropy({ ...base, targets })).toThrow(InputError);
  });
});

describe('gradients of dense', () => {
  const delta = [1, -1, 2, 0.5], weight = [1, 2, 3, 4, -1, 0.5];
  const shape = { batch: 2, inWidth: 3, outWidth: 2 };
  // delta W^T by hand: row 0 is [1 - 2, 3 - 4, -1 - .5], row 1 is [2 + 1, 6 + 2, -2 + .25].
  const product = [-1, -1, -1.5, 3, 8, -1.75];

  it('input gradient is delta W^T', () => {
    expect(Array.from(denseInputGradient({ ...shape, delta, weight, below: { activation: 'none' } }))).toEqual(product);
  });

  it('is masked by relu: 0 where the stored output is 0', () => {
    const below = { activation: 'relu', output: [0, 3, 1e-300, 0, 1, NaN] } as const;
    expect(Array.from(denseInputGradient({ ...shape, delta, weight, below }))).toEqual([0, -1, -1.5, 0, 8, 0]);
  });

  it('dropout without relu draws the mask again; with relu the stored output is mask enough', () => {
    const z = signedUniforms(6, 1);
    const factors = dropoutFactors(6, dropout);
    const linear = denseInputGradient({ ...shape, delta, weight, below: { activation: 'none', dropout } });
    expectClose('linear', linear, product.map((d, i) => d * factors[i]!), 0, 0);
    const output = z.map((x, i) => Math.max(x, 0) * factors[i]!);
    const relu = denseInputGradient({ ...shape, delta, weight, below: { activation: 'relu', dropout, output } });
    expectClose('relu', relu, product.map((d, i) => (z[i]! > 0 ? d * factors[i]! : 0)), 0, 0);
  });

  it('relu below needs its stored output', () => {
    expect(() => denseInputGradient({ ...shape, delta, weight, below: { activation: 'relu' } })).toThrow(/below.output/);
  });

  it('weight gradient is X^T delta, bias gradient the column sums', () => {
    expect(Array.from(denseWeightGradient({ ...shape, input: [1, 0, 2, -1, 3, 0.5], delta }))).toEqual([-1, -1.5, 6, 1.5, 3, -1.75]);
    expect(Array.from(biasGradient({ delta, batch: 2, outWidth: 2 }))).toEqual([3, -0.5]);
    expect(() => denseWeightGradient({ ...shape, input: [1], delta })).toThrow(InputError);
    expect(() => biasGradient({ delta, batch: 3, outWidth: 2 })).toThrow(InputError);
  });
});

describe('head', () => {
  it('is dense, softmax cross-entropy and input gradient in one', () => {
    const options = {
      input: [1, 0, 0, 2], weight: [0, Math.log(3), 1, 1], bias: [0, 0], targets: [1, 0], batch: 2, count: 2,
      inWidth: 2, classes: 2, below: { activation: 'relu' },
    } as const;
    const { logits, losses, hits, gradient, inputGradient } = head(options);
    expectClose('logits', logits, [0, Math.log(3), 2, 2], 1e-15, 0);
    expectClose('losses', losses, [Math.log(4 / 3), Math.log(2)], 1e-15, 0);
    expect(Array.from(hits)).toEqual([1, 1]);
    expectClose('gradient', gradient, [0.125, -0.125, -0.25, 0.25], 1e-15, 0);
    expectClose('input gradient', inputGradient, [-0.125 * Math.log(3), 0, 0, 0], 1e-15, 1e-17);
  });
});

describe('parameter-sums and snapshot', () => {
  it('sums magnitudes and squares, counts exact zeros', () => {
    expect(parameterSums({ weights: [3, -4, 0, -0, 5e-324] })).toEqual({ l1: 7, l2: 25, zeros: 2 });
    expect(parameterSums({ weights: [] })).toEqual({ l1: 0, l2: 0, zeros: 0 });
  });

  it('copies clean tensors and keeps the old copy of flagged ones', () => {
    const source = Float64Array.of(NaN, 1);
    expect(snapshot({ source: [1, 2], snapshot: [3, 4], flagged: false, losses: [0.5] })).toEqual(Float64Array.of(1, 2));
    expect(snapshot({ source: [1, 2], snapshot: [3, 4], flagged: false, losses: [0.5, Infinity] })).toEqual(Float64Array.of(3, 4));
    expect(snapshot({ source, snapshot: [3, 4], flagged: true, losses: [] })).toEqual(Float64Array.of(3, 4));
    expect(() => snapshot({ source, snapshot: [3], flagged: true, losses: [] })).toThrow(InputError);
  });
});
