/** What fusion rules make of graphs with branches, and what they leave alone. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { add, dense, dropout, gelu, relu, sigmoid, type Layer } from '../../src/model/layers/index.ts';
import type { Model } from '../../src/model/model.ts';
import { softmaxCrossEntropy } from '../../src/model/losses/makers.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { Emitter } from '../../src/ops/emit.ts';
import type { OpGraph } from '../../src/ops/op.ts';
import { FUSION_RULES, type Facts } from '../../src/ops/rules/index.ts';
import type { Plan } from '../../src/scheduler/plan.ts';
import { planOf } from '../../src/train/estimate.ts';

/** Layers with the layers they read; -1 is the input. */
const model = (...layers: readonly (readonly [Layer, ...number[]])[]): Model =>
  ({ inputShape: [6], layers: layers.map(([layer]) => layer), inputs: layers.map(([, ...inputs]) => inputs) });

const planFor = (of: Model): Plan => planOf({ model: of, loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 8, fusion: 'full' });
const kernelsOf = (of: Model): string[] => planFor(of).dispatches.map(({ kernel }) => kernel);

describe('the fused head', () => {
  test('takes the slope of what made its own input', () => {
    expect(kernelsOf(model([dense(6), -1], [relu(), 0], [dense(3), 1]))).toEqual(['gather', 'dense-forward', 'head', 'network-weight-update']);
  });

  test('leaves a slope alone that reads something else: here the ReLU below a sum', () => {
    const kernels = kernelsOf(model([dense(6), -1], [relu(), 0], [add(), 1, -1], [dense(3), 2]));
    expect(kernels).toEqual(['gather', 'dense-forward', 'map', 'head', 'dense-input-gradient', 'network-weight-update']);
  });
});

test('an activation of what others read too is made with it: the product stores both', () => {
  const layers = (type: Layer): Model => model([dense(6), -1], [type, 0], [dense(3), 1]);
  expect(kernelsOf(layers(gelu()))).toEqual(['gather', 'dense-forward', 'head', 'dense-input-gradient', 'network-weight-update']);
  expect(kernelsOf(model([dense(6), -1], [dropout(0.1), 0], [add(), 1, 0], [relu(), 0], [add(), 2, 3], [dense(3), 4])).slice(0, 4)).toEqual(['gather', 'dense-forward', 'map', 'map']);
});

test('what a product only keeps is handed on as it is', () => {
  for (const type of [relu(), sigmoid(), gelu()]) {
    const { notes, dispatches } = planFor(model([dense(6), -1], [type, 0], [dropout(0.5), 0], [add(), 1, 2], [dense(3), 3]));
    expect(dispatches.map(({ kernel }) => kernel)).toContain('map');
    // The slope of the last one reads it, too.
    expect(notes.map(({ why }) => why)).toContain(type.type === 'gelu' ? 'layers.0 is read 2 times' : 'layers.0 forward only keeps layers.0');
  }
});

test('a value that is read twice is stored, and the note says so', () => {
  const { notes } = planFor(model([dense(6), -1], [sigmoid(), 0], [add(), 1, 0], [dense(3), 2]));
  expect(notes.filter(({ rule, why }) => rule === 'epilogue' && why !== undefined).map(({ on, why }) => `${on}: ${why}`)).toEqual([
    'sum in layers.0 forward: layers.0 sigmoid is read 2 times',
  ]);
});

test('branches that join have one gradient; each weight is updated with its own bias', () => {
  const { dispatches } = planOf({
    model: model([dense(5), -1], [dense(5), -1], [add(), 0, 1], [dense(3), 2]), loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1 }), fusion: 'layer',
  });
  const updates = dispatches.filter(({ kernel }) => kernel === 'dense-weight-update').map(({ constants }) => [constants['WEIGHT_TENSOR'], constants['BIAS_TENSOR']]);
  expect(updates).toEqual([[0, 1], [2, 3], [4, 5]]);
});

test('in a graph without a loss everything goes forward', () => {
  const emit = new Emitter(false), input = emit.input(4);
  const output = emit.activate(emit.product(input, { name: 'layers.0', weight: 0, bias: 1 }, 4), { activation: 'relu' });
  const graph: OpGraph = { name: 'forward', widths: emit.widths, results: { output }, ops: emit.ops };
  const facts = { keptGradients: '', activation: () => ({ keepsMask: true }), headOutputs: 10, buffersRead: () => 0, updateBuffers: 3 } satisfies Facts;
  const fired = FUSION_RULES.flatMap((rule) => rule.apply(graph, facts).notes).filter((note) => note.fired).map(({ rule }) => rule);
  expect(fired).toEqual(['epilogue']);
});

test('names stay short however many sums there are', () => {
  const layers: [Layer, ...number[]][] = [[dense(6), -1]];
  for (let i = 0; i < 40; i++) layers.push([sigmoid(), layers.length - 1], [add(), layers.length, layers.length - 1]);
  const { dispatches } = planFor(model(...layers, [dense(3), layers.length - 1]));
  expect(Math.max(...dispatches.map(({ label }) => label.length))).toBeLessThan(60);
});

describe('models with inputs are checked', () => {
  const config = (of: unknown) => ({ model: of as Model, loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1 }) });
  const layers = [dense(6), dropout(0.1), dense(3)];
  test.each<[string, unknown, RegExp]>([
    ['no list', { inputShape: [6], layers, inputs: null }, /inputs must be a list/],
    ['a number', { inputShape: [6], layers, inputs: 7 }, /inputs must be a list/],
    ['a list of numbers', { inputShape: [6], layers, inputs: [5] }, /inputs must be a list/],
    ['text in a list', { inputShape: [6], layers, inputs: [['-1'], [0], [1]] }, /inputs must be a list/],
    ['too few', { inputShape: [6], layers, inputs: [[-1], [0]] }, /3 layers and inputs of 2/],
    ['a layer behind', { inputShape: [6], layers: [dense(6), add(), dense(3)], inputs: [[-1], [0, 2], [1]] }, /layer 1 \(add\) reads layer 2, which is not before it/],
    ['a layer that nothing reads', { inputShape: [6], layers, inputs: [[-1], [0], [0]] }, /nothing reads layer 1/],
    ['two inputs of one', { inputShape: [6], layers, inputs: [[-1], [0, -1], [1]] }, /takes one input, got 2/],
    ['a sum of one', { inputShape: [6], layers: [dense(3), add(), dense(3)] }, /layer 1 \(add\) takes two inputs or more, got 1/],
    ['a sum of different widths', { inputShape: [6], layers: [dense(3), add(), dense(3)], inputs: [[-1], [0, -1], [1]] }, /joins \[3\] and \[6\]/],
    // oxlint-disable-next-line no-sparse-arrays
    ['a hole among layers', { inputShape: [6], layers: [, dense(3)] }, /layer 0 must be made by/],
  ])('%s', (_, of, message) => {
    expect(() => planOf(config(of))).toThrow(InputError);
    expect(() => planOf(config(of))).toThrow(message);
  });
});
