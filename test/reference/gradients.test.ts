/** Central differences in float64 against the written gradients: every parameter of whole networks. */
import { describe, expect, it } from 'vitest';
import {
  denseForward, referenceForward, referenceGradients, referenceInit, softmaxCrossEntropy,
  type ReferenceBatch, type ReferenceNetwork,
} from '../../src/reference/index.ts';
import { expectClose } from '../cases/compare.ts';
import { signedUniforms } from './random.ts';

const CASES: readonly { name: string; network: ReferenceNetwork; count: number }[] = [
  { name: 'one layer', network: { seed: 1, layers: [{ inWidth: 5, outWidth: 3, activation: 'none' }] }, count: 4 },
  {
    name: 'relu, no dropout, partial batch', count: 3,
    network: {
      seed: 2,
      layers: [
        { inWidth: 5, outWidth: 7, activation: 'relu' }, { inWidth: 7, outWidth: 6, activation: 'relu' }, { inWidth: 6, outWidth: 3, activation: 'none' },
      ],
    },
  },
  {
    name: 'input and hidden dropout', count: 4,
    network: {
      seed: 3, inputDropout: { rate: 0.2, layer: 0 },
      layers: [
        { inWidth: 5, outWidth: 9, activation: 'relu', dropout: { rate: 0.5, layer: 3 } },
        { inWidth: 9, outWidth: 8, activation: 'relu', dropout: { rate: 0.5, layer: 6 } },
        { inWidth: 8, outWidth: 3, activation: 'none' },
      ],
    },
  },
  {
    name: 'dropout without relu', count: 4,
    network: {
      seed: 4,
      layers: [
        { inWidth: 5, outWidth: 6, activation: 'none', dropout: { rate: 0.3, layer: 1 } }, { inWidth: 6, outWidth: 3, activation: 'none' },
      ],
    },
  },
];

const STEP = 5;
const BATCH: Omit<ReferenceBatch, 'count'> = {
  inputs: signedUniforms(30, 11), targets: [0, 2, 1, 1, 0, 2], order: [5, 3, 1, 0, 2, 4], position: 2, batch: 4, scale: 1.5, offset: 0.1,
};

/** Which stored activations are positive: the branch of every relu. */
const branches = (weights: readonly Float64Array[], batch: ReferenceBatch, network: ReferenceNetwork): string =>
  referenceForward(weights, batch, network, STEP).activations.map((h) => Array.from(h, (x) => (x > 0 ? 1 : 0)).join('')).join(' ');

const moved = (weights: readonly Float64Array[], tensor: number, index: number, by: number): Float64Array[] =>
  weights.map((w, i) => (i === tensor ? w.map((x, j) => (j === index ? x + by : x)) : w));

describe('whole-network gradients equal central differences', () => {
  it.each(CASES)('$name', ({ network, count }) => {
    // Biases away from 0, so that no unit sits on its kink from the start.
    const weights = referenceInit(network).weights.map((w, i) => (i % 2 ? signedUniforms(w.length, 20 + i) : w));
    const batch = { ...BATCH, count };
    const { gradients } = referenceGradients(weights, batch, network, STEP);
    const loss = (w: readonly Float64Array[]): number => referenceGradients(w, batch, network, STEP).loss;
    const h = 1e-5;
    weights.forEach((w, tensor) => {
      const numeric = w.map((_, index) => {
        const up = moved(weights, tensor, index, h), down = moved(weights, tensor, index, -h);
        // A kink between the two points would make the difference quotient meaningless.
        expect(branches(up, batch, network)).toBe(branches(down, batch, network));
        return (loss(up) - loss(down)) / (2 * h);
      });
      expect(gradients[tensor]!.some((g) => g !== 0)).toBe(true);
      // Truncation h^2 * third derivative / 6 and rounding 1e-16 / h are both below 1e-9 here.
      expectClose(`tensor ${tensor}`, gradients[tensor]!, numeric, 1e-7, 1e-9);
    });
  });

  it('at a kink (z exactly 0) the gradient is that of the dead side, as in PyTorch', () => {
    const network: ReferenceNetwork = { seed: 1, layers: [{ inWidth: 1, outWidth: 1, activation: 'relu' }, { inWidth: 1, outWidth: 2, activation: 'none' }] };
    const weights = [[1], [-1], [1, -1], [0, 0]].map((w) => Float64Array.from(w));
    const batch = { inputs: [1], targets: [0], order: [0], position: 0, batch: 1, count: 1, scale: 1, offset: 0 };
    const { gradients } = referenceGradients(weights, batch, network);
    expect([...gradients[0]!, ...gradients[1]!]).toEqual([0, 0]);
    expect(gradients[3]).toEqual(Float64Array.of(-0.5, 0.5));
  });

  it('a partial batch equals the same rows as a full batch of that size', () => {
    const { network } = CASES[2]!;
    const { weights } = referenceInit(network);
    const partial = referenceGradients(weights, { ...BATCH, count: 2 }, network, STEP);
    const full = referenceGradients(weights, { ...BATCH, batch: 2, count: 2 }, network, STEP);
    expect(partial.loss).toBe(full.loss);
    expect(partial.gradients).toEqual(full.gradients);
    const none = referenceGradients(weights, { ...BATCH, count: 0 }, network, STEP);
    expect(none.loss).toBe(0);
    expect(none.gradients.every((g) => g.every((x) => x === 0))).toBe(true);
  });

  it('evaluation has no dropout and training masks change with the step', () => {
    const { network } = CASES[2]!;
    const { weights } = referenceInit(network);
    const batch = { ...BATCH, count: 4 };
    const without = { ...network, inputDropout: undefined, layers: network.layers.map((layer) => ({ ...layer, dropout: undefined })) };
    expect(referenceForward(weights, batch, network).logits).toEqual(referenceForward(weights, batch, without, 0).logits);
    expect(referenceForward(weights, batch, network, 0).logits).not.toEqual(referenceForward(weights, batch, network, 1).logits);
  });
});

describe('gradients of single kernels equal central differences', () => {
  it('softmax-cross-entropy: mean loss by logits', () => {
    const options = { targets: [2, 0, 1], batch: 4, count: 3, classes: 3 };
    const logits = signedUniforms(12, 31).map((x) => 3 * x);
    const mean = (z: Float64Array): number => softmaxCrossEntropy({ ...options, logits: z }).losses.reduce((a, b) => a + b, 0) / 3;
    const h = 1e-5;
    const numeric = logits.map((_, i) => {
      const at = (by: number): number => mean(logits.map((x, j) => (j === i ? x + by : x)));
      return (at(h) - at(-h)) / (2 * h);
    });
    expectClose('gradient', softmaxCrossEntropy({ ...options, logits }).gradient, numeric, 1e-8, 1e-10);
  });

  it('dense-forward is linear: its difference quotient by a weight is the input', () => {
    const input = signedUniforms(6, 41), weight = signedUniforms(6, 42);
    const run = (w: Float64Array): Float64Array =>
      denseForward({ input, weight: w, bias: [0, 0], batch: 2, inWidth: 3, outWidth: 2, activation: 'none' });
    const up = run(weight.map((w, i) => (i === 3 ? w + 0.5 : w))), down = run(weight.map((w, i) => (i === 3 ? w - 0.5 : w)));
    expectClose('d h / d W[1, 1]', up.map((x, i) => x - down[i]!), [0, input[1]!, 0, input[4]!], 1e-14, 1e-15);
  });
});
