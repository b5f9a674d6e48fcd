/** Each library's documented objective, differentiated numerically, against the gradient of what we make of it. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { fromKeras, fromSklearn, fromTorch } from '../../src/model/conventions.ts';
import { l1, l2, type Regularizer } from '../../src/model/regularizers.ts';
import { sgd } from '../../src/model/optimizers/index.ts';

const WEIGHTS = [0.75, -1.5, 0.125, -0.3, 2];
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const squares = (w: readonly number[]): number => sum(w.map((x) => x * x));

/** Central differences; exact up to rounding for the quadratics and, away from 0, the absolute values met here. */
const gradientOf = (objective: (w: readonly number[]) => number): number[] =>
  WEIGHTS.map((_, i) => {
    const moved = (by: number): number => objective(WEIGHTS.map((w, j) => (i === j ? w + by : w)));
    return (moved(1e-3) - moved(-1e-3)) / 2e-3;
  });

/** What the penalties add to the gradient by this library's definition: strength * sign(w), strength * w. */
const gradientHere = (regularizers: readonly Regularizer[]): number[] =>
  WEIGHTS.map((w) => sum(regularizers.map(({ type, strength }) => (strength as number) * (type === 'l1' ? Math.sign(w) : w))));

const expectClose = (got: readonly number[], want: readonly number[]): void =>
  got.forEach((value, i) => expect(Math.abs(value - want[i]!)).toBeLessThan(1e-11));

describe('the gradient is that of the objective in the other library\'s documentation', () => {
  test('PyTorch: loss + weight_decay / 2 * ||w||^2', () => {
    const penalties = fromTorch({ weightDecay: 3e-3 });
    expectClose(gradientHere(penalties), gradientOf((w) => (3e-3 / 2) * squares(w)));
    expect(penalties).toEqual([l2(3e-3)]);
  });

  test('Keras L2: loss = l2 * reduce_sum(square(x))', () => {
    const penalties = fromKeras({ l2: 0.01 });
    expectClose(gradientHere(penalties), gradientOf((w) => 0.01 * squares(w)));
    expect(penalties).toEqual([l2(0.02)]);
  });

  test('Keras L1: loss = l1 * reduce_sum(abs(x)), followed by its subgradient', () => {
    const penalties = fromKeras({ l1: 0.03 });
    expectClose(gradientHere(penalties), gradientOf((w) => 0.03 * sum(w.map(Math.abs))));
    expect(penalties).toEqual([l1(0.03, { rule: 'subgradient' })]);
  });

  test('Keras L1L2: both', () => {
    const objective = (w: readonly number[]): number => 0.03 * sum(w.map(Math.abs)) + 0.01 * squares(w);
    expectClose(gradientHere(fromKeras({ l1: 0.03, l2: 0.01 })), gradientOf(objective));
  });

  test.each([1, 32, 200])('scikit-learn: 0.5 * alpha * ||w||^2 / n_samples, batches of %i', (batchSize) => {
    const penalties = fromSklearn({ alpha: 0.5, batchSize });
    expectClose(gradientHere(penalties), gradientOf((w) => (0.5 * 0.5 * squares(w)) / batchSize));
    expect(penalties).toEqual([l2(0.5 / batchSize)]);
  });
});

test('the rule of L1 and the biases can be chosen; all enter a list of regularizers as they are', () => {
  expect(fromKeras({ l1: 1e-5, l1Rule: 'proximal' })).toEqual([l1(1e-5)]);
  expect(fromTorch({ weightDecay: 1e-4, biases: true })).toEqual([l2(1e-4, { biases: true })]);
  expect(fromKeras({ l1: 1, l2: 1, biases: true }).every(({ biases }) => biases)).toBe(true);
  expect(sgd({ learningRate: 0.1, regularizers: [fromTorch({ weightDecay: 0 }), l1(1)] }).regularizers).toEqual([l2(0), l1(1)]);
});

describe('what cannot be converted is refused in words', () => {
  const wrong = (call: () => unknown, words: RegExp): void => {
    expect(call).toThrow(InputError);
    expect(call).toThrow(words);
  };
  const loose = (options: unknown): never => options as never;

  test.each([NaN, Infinity, -1, '1e-4', null, { schedule: 'cosine' }])('a strength of %j', (value) => {
    wrong(() => fromTorch({ weightDecay: loose(value) }), /^fromTorch: weightDecay must be a finite number of 0 or more, got/);
    wrong(() => fromKeras({ l2: loose(value) }), /^fromKeras: l2 must be/);
    wrong(() => fromSklearn({ alpha: loose(value), batchSize: 8 }), /^fromSklearn: alpha must be/);
  });

  test.each([0, -1, 1.5, NaN, undefined, '32'])('a batch of %j', (batchSize) => {
    wrong(() => fromSklearn({ alpha: 1e-4, batchSize: loose(batchSize) }), /^fromSklearn: batchSize must be a whole number of 1 or more/);
  });

  test('decoupled decay, which belongs to the optimizer', () => {
    wrong(() => fromKeras(loose({ l2: 1e-4, weightDecay: 4e-3 })), /^fromKeras: weightDecay is no penalty.*adamw\(\{ weightDecay/);
  });

  test('nothing, no object, names and values it does not know', () => {
    wrong(() => fromKeras({}), /^fromKeras: give l1 or l2/);
    wrong(() => fromTorch({ weightDecay: loose(undefined) }), /^fromTorch: give weightDecay/);
    wrong(() => fromTorch(loose(1e-4)), /^fromTorch takes an object with weightDecay, biases, got 0.0001/);
    wrong(() => fromTorch(loose(undefined)), /^fromTorch takes an object/);
    wrong(() => fromTorch(loose({ weight_decay: 1e-4 })), /^fromTorch has no option "weight_decay". Did you mean weightDecay\? It takes weightDecay, biases/);
    wrong(() => fromTorch(loose({ weightDecay: 1, biases: 'no' })), /^fromTorch: biases must be true or false/);
    wrong(() => fromKeras({ l1: 1, l1Rule: loose('soft') }), /l1: rule must be/);
  });
});
