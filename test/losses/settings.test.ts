/** Losses as users write them down: what is kept, what is refused, and how replicas differ in their numbers. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { dense, elu, leakyRelu, relu, silu } from '../../src/model/layers/index.ts';
import {
  binaryCrossEntropy, huber, meanAbsoluteError, meanSquaredError, smoothL1, softmaxCrossEntropy,
} from '../../src/model/losses/makers.ts';
import type { Loss } from '../../src/model/losses/index.ts';
import { sequential } from '../../src/model/model.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { cosine } from '../../src/model/schedules/index.ts';
import { prepare } from '../../src/train/prepare.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';

const prepared = (loss: Loss, more: Partial<TrainerConfig> = {}) =>
  prepare({ model: sequential([3], [dense(4), elu({ alpha: 0.5 }), dense(4), silu(), dense(2)]), loss, optimizer: sgd({ learningRate: 0.1 }), ...more }, 'software');

describe('losses are plain data', () => {
  test.each<[string, Loss, object]>([
    ['softmaxCrossEntropy()', softmaxCrossEntropy(), { type: 'softmax-cross-entropy' }],
    ['with all options', softmaxCrossEntropy({ smoothing: 0.1, classWeights: [1, 2], mean: 'weights' }), { type: 'softmax-cross-entropy', smoothing: 0.1, classWeights: [1, 2], mean: 'weights' }],
    ['binaryCrossEntropy()', binaryCrossEntropy({ positiveWeight: 2 }), { type: 'binary-cross-entropy', positiveWeight: 2 }],
    ['meanSquaredError()', meanSquaredError(), { type: 'mean-squared-error' }],
    ['meanAbsoluteError()', meanAbsoluteError({ mean: 'count' }), { type: 'mean-absolute-error', mean: 'count' }],
    ['huber()', huber({ delta: cosine(2, { final: 0.5 }) }), { type: 'huber', delta: cosine(2, { final: 0.5 }) }],
    ['smoothL1()', smoothL1(), { type: 'smooth-l1' }],
  ])('%s', (_, made, want) => {
    expect(made).toEqual(want);
    expect(JSON.parse(JSON.stringify(made))).toEqual(made);
  });
});

test.each<[string, () => unknown, readonly string[]]>([
  ['an unknown option', () => softmaxCrossEntropy({ labelSmoothing: 0.1 } as never), ['softmaxCrossEntropy', 'labelSmoothing']],
  ['no object', () => huber(0.5 as never), ['huber', '0.5']],
  ['smoothing of 1', () => softmaxCrossEntropy({ smoothing: 1 }), ['smoothing', '[0, 1)', '1']],
  ['a delta of 0', () => huber({ delta: 0 }), ['huber: delta', 'above 0', '0']],
  ['a beta of NaN', () => smoothL1({ beta: NaN }), ['smoothL1: beta', 'NaN']],
  ['a negative weight of positives', () => binaryCrossEntropy({ positiveWeight: -1 }), ['positiveWeight', '-1']],
  ['another mean', () => meanSquaredError({ mean: 'sum' as never }), ['mean', 'count', 'weights', 'sum']],
  ['weights of classes that are no list', () => softmaxCrossEntropy({ classWeights: 2 as never }), ['classWeights', '2']],
  ['negative weights of classes', () => softmaxCrossEntropy({ classWeights: [1, -1] }), ['classWeights', '-1']],
  ['no class that counts', () => softmaxCrossEntropy({ classWeights: [0, 0] }), ['classWeights', 'not all 0']],
  ['a leak below 0', () => leakyRelu({ slope: -0.1 }), ['leakyRelu: slope', '-0.1']],
  ['an alpha that is no number', () => elu({ alpha: '1' as never }), ['elu: alpha', '1']],
  ['another name of a number', () => silu({ alpha: 1 } as never), ['silu', 'alpha']],
  ['a number of what has none', () => (relu as (options: object) => unknown)({ slope: 1 }), ['relu']],
])('refused: %s', (_, make, says) => {
  expect(make).toThrow(InputError);
  for (const text of says) expect(make).toThrow(text);
});

test('classes have as many weights as the model has outputs', () => {
  expect(() => prepared(softmaxCrossEntropy({ classWeights: [1, 2, 3] }))).toThrow('classWeights has 3 weights, the model\'s last layer 2 outputs. Give one for each.');
});

describe('numbers of activations and losses', () => {
  const numbersOf = (loss: Loss, overrides: Record<string, unknown>): unknown =>
    prepared(loss, { replicas: [overrides as never] }).settings[0]!.numbers.map(({ keys, values }) => keys.map((key, i) => [key, values[i]]));

  test('are what the model and the loss say, then what a replica says', () => {
    expect(numbersOf(huber({ delta: 0.5 }), {})).toEqual([[['elu.alpha', 0.5]], [['silu.beta', 1]], [['loss.delta', 0.5]]]);
    expect(numbersOf(huber(), { 'elu.alpha': 2, 'loss.delta': cosine(1, { final: 0.5 }) })).toEqual([[['elu.alpha', 2]], [['silu.beta', 1]], [['loss.delta', cosine(1, { final: 0.5 })]]]);
    expect(numbersOf(meanSquaredError(), { 'layers.1.silu.beta': 0 })).toEqual([[['elu.alpha', 0.5]], [['silu.beta', 0]], []]);
  });

  test.each<[string, Loss, Record<string, unknown>, readonly string[]]>([
    ['a number that the loss has not', meanSquaredError(), { 'loss.delta': 1 }, ['"loss.delta" is not known', 'elu.alpha']],
    ['smoothing that was not declared', softmaxCrossEntropy(), { 'loss.smoothing': 0.1 }, ['"loss.smoothing" is not known']],
    ['a value out of range', huber(), { 'loss.delta': -1 }, ['Override loss.delta', 'above 0', '-1']],
    ['a layer without one', huber(), { 'layers.0.silu.beta': 1 }, ['no silu lies right behind that layer']],
    ['a path to the loss', huber(), { 'layers.0.loss.delta': 1 }, ['no loss lies right behind that layer']],
  ])('refused: %s', (_, loss, overrides, says) => {
    for (const text of says) expect(() => numbersOf(loss, overrides)).toThrow(text);
  });
});
