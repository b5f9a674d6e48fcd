/** What a user writes down: layers, models, optimizers, penalties, schedules; and what is refused, with the reason. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { dense, dropout, relu, sequential, type Dense, type Layer } from '../../src/model/layers.ts';
import { chunkTable, describeNetwork, padTensor, unpadTensor } from '../../src/model/network.ts';
import { adam, adamw, sgd } from '../../src/model/optimizers.ts';
import { elasticNet, l1, l2 } from '../../src/model/regularizers.ts';
import { cosine, rangeOf, valueAt, type Schedule } from '../../src/model/schedules.ts';

const flagship = sequential([28, 28], [dropout(0.2), dense(1000), relu(), dropout(0.5), dense(500), relu(), dropout(0.5), dense(10)]);

describe('schedules', () => {
  test('cosine falls from initial to final by Loshchilov and Hutter\'s formula', () => {
    const schedule = cosine(0.2, { final: 0.04 });
    expect(valueAt(schedule, 0, 80)).toBe(0.2);
    expect(valueAt(schedule, 40, 80)).toBeCloseTo(0.12, 15);
    expect(valueAt(schedule, 20, 80)).toBeCloseTo(0.04 + 0.08 * (1 + Math.SQRT1_2), 15);
    expect(valueAt(schedule, 80, 80)).toBe(0.04);
    // Beyond the horizon it stays at its end.
    expect(valueAt(schedule, 500, 80)).toBe(0.04);
    expect(valueAt(cosine(1), 80, 80)).toBe(0);
    expect(rangeOf(schedule)).toEqual([0.04, 0.2]);
    expect(rangeOf(cosine(0.1, { final: 0.3 }))).toEqual([0.1, 0.3]);
  });

  test('a number is the same at every step', () => {
    expect([0, 7, 1e9].map((step) => valueAt(0.3, step, 10))).toEqual([0.3, 0.3, 0.3]);
    expect(rangeOf(0.3)).toEqual([0.3, 0.3]);
  });

  test('numbers that are none are refused', () => {
    for (const bad of [NaN, Infinity]) {
      expect(() => cosine(bad)).toThrow(InputError);
      expect(() => cosine(1, { final: bad })).toThrow('must be finite');
    }
  });
});

describe('sequential', () => {
  test('is plain data', () => {
    expect(sequential([4], [dropout(0.1), dense(3), relu(), dense(2)])).toEqual({
      inputShape: [4], layers: [{ type: 'dropout', rate: 0.1 }, { type: 'dense', units: 3 }, { type: 'relu' }, { type: 'dense', units: 2 }],
    });
    expect(JSON.parse(JSON.stringify(flagship))).toEqual(flagship);
  });

  test.each<[string, Layer[], RegExp]>([
    ['relu first', [relu(), dense(2)], /layer 0 \(relu\) cannot follow the input.*order/],
    ['two relus', [dense(2), relu(), relu(), dense(2)], /layer 2 \(relu\) cannot follow relu/],
    ['two dropouts', [dropout(0.1), dropout(0.1), dense(2)], /layer 1 \(dropout\) cannot follow dropout/],
    ['relu after dropout', [dense(2), dropout(0.1), relu(), dense(2)], /layer 2 \(relu\) cannot follow dropout/],
    ['relu last', [dense(2), relu()], /last layer must be dense/],
    ['nothing', [], /last layer must be dense/],
    ['units written by hand', [{ type: 'dense', units: 1.5 }], /units must be a whole number.*1\.5/],
    ['rate written by hand', [{ type: 'dropout', rate: 2 }, dense(2)], /dropout must lie in \[0, 1\)/],
  ])('%s is refused', (_, layers, message) => {
    expect(() => sequential([4], layers)).toThrow(InputError);
    expect(() => sequential([4], layers)).toThrow(message);
  });

  test.each([[[]], [[0]], [[2.5]], [[-1]], [[NaN]]])('input shape %j is refused', (shape) => {
    expect(() => sequential(shape, [dense(2)])).toThrow(InputError);
  });

  test.each([0, -1, 1.5, NaN, Infinity, '3' as unknown as number])('dense(%s) is refused', (units) => {
    expect(() => dense(units)).toThrow(InputError);
  });

  test.each([-0.1, 1, NaN, '0.5' as unknown as number])('dropout(%s) is refused', (rate) => {
    expect(() => dropout(rate)).toThrow(InputError);
  });
});

describe('describeNetwork', () => {
  const network = describeNetwork(flagship);

  test('names, shapes, streams', () => {
    expect(network.tensors.map(({ name, shape }) => [name, ...shape])).toEqual([
      ['layers.0.weight', 784, 1000], ['layers.0.bias', 1000], ['layers.1.weight', 1000, 500], ['layers.1.bias', 500],
      ['layers.2.weight', 500, 10], ['layers.2.bias', 10],
    ]);
    expect([network.inputs, network.classes, network.parameters]).toEqual([784, 10, 1_290_510]);
    // A dropout's stream is its place among all layers.
    expect(network.dropouts.map(({ stream, rate }) => [stream - 0x0400_0000, rate])).toEqual([[0, 0.2], [3, 0.5], [6, 0.5]]);
    expect(network.layers.map(({ relu: has, inputDropout, outputDropout }) => [has, inputDropout?.index, outputDropout?.index])).toEqual([
      [true, 0, 1], [true, 1, 2], [false, 2, undefined],
    ]);
  });

  test('tensors lie one after the other, each at 256 bytes or more, and the chunk table says whose chunk is whose', () => {
    let end = 0;
    const table = chunkTable(network);
    network.tensors.forEach(({ offset, paddedLength }, i) => {
      expect((4 * offset) % 256).toBe(0);
      expect(offset).toBeGreaterThanOrEqual(end);
      end = offset + paddedLength;
      const chunk = network.stride / network.chunks;
      expect(table[offset / chunk]).toBe(i);
      expect(table[Math.ceil(end / chunk) - 1]).toBe(i);
    });
    expect(network.stride).toBeGreaterThanOrEqual(end);
    expect(table.length).toBe(network.chunks);
  });

  test('padding and its inverse', () => {
    const { tensors, stride } = describeNetwork(sequential([3], [dense(5)]));
    const arena = new Float32Array(stride);
    const weight = Float32Array.from({ length: 15 }, (_, i) => i + 1);
    padTensor(tensors[0]!, weight, arena);
    // Rows of five in rows of eight; the fourth row is padding.
    expect([...arena.subarray(0, 16)]).toEqual([1, 2, 3, 4, 5, 0, 0, 0, 6, 7, 8, 9, 10, 0, 0, 0]);
    expect(arena.filter((value) => value !== 0).length).toBe(15);
    expect(unpadTensor(tensors[0]!, arena)).toEqual(weight);
  });
});

describe('optimizers', () => {
  test('PyTorch\'s defaults', () => {
    expect(sgd({ learningRate: 0.1 })).toMatchObject({ rule: 'sgd', learningRate: 0.1, momentum: 0, weightDecay: 0, regularizers: [] });
    expect(sgd({ learningRate: 0.1, momentum: 0.9 }).rule).toBe('momentum');
    expect(sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }).rule).toBe('nesterov');
    expect(adam()).toMatchObject({ rule: 'adam', learningRate: 1e-3, momentum: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
    expect(adamw()).toEqual({ ...adam(), weightDecay: 0.01 });
    expect(adamw({ weightDecay: 0.2 }).weightDecay).toBe(0.2);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['a negative rate', () => sgd({ learningRate: -1 }), /learningRate must be 0 or more/],
    ['an infinite rate', () => adam({ learningRate: Infinity }), /learningRate/],
    ['no rate at all', () => sgd({} as { learningRate: number }), /learningRate must be a number or a schedule, got undefined/],
    ['a rate in words', () => sgd({ learningRate: 'fast' as unknown as number }), /learningRate.*"fast"/],
    ['a schedule that goes negative', () => sgd({ learningRate: cosine(0.1, { final: -0.1 }) }), /learningRate/],
    ['momentum 1', () => sgd({ learningRate: 1, momentum: 1 }), /momentum must lie in \[0, 1\)/],
    ['nesterov without momentum', () => sgd({ learningRate: 1, nesterov: true }), /nesterov needs momentum/],
    ['nesterov with dampening', () => sgd({ learningRate: 1, momentum: 0.9, dampening: 0.1, nesterov: true }), /dampening 0/],
    ['beta2 1', () => adam({ beta2: 1 }), /beta2/],
    ['epsilon 0', () => adam({ epsilon: 0 }), /epsilon/],
    ['negative decay', () => adamw({ weightDecay: -0.1 }), /weightDecay/],
    ['two l1', () => adam({ regularizers: [l1(0.1), elasticNet({ l1: 0.1, l2: 0.1 })] }), /2 l1 penalties/],
    ['a layer with two l2', () => dense(3, { regularizers: [l2(0.1), l2(0.2)] }), /2 l2 penalties/],
    ['a layer with a negative rate', () => dense(3, { learningRate: -0.1 }), /learningRate/],
  ])('%s is refused', (_, make, message) => {
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });
});

describe('regularizers', () => {
  test('defaults: l1 proximal, l2 coupled, elastic net both proximal, biases left alone', () => {
    expect(l1(0.1)).toEqual({ type: 'l1', strength: 0.1, rule: 'proximal', biases: false });
    expect(l2(0.1)).toEqual({ type: 'l2', strength: 0.1, rule: 'coupled', biases: false });
    expect(elasticNet({ l1: 0.1, l2: 0.2, biases: true })).toEqual([
      { type: 'l1', strength: 0.1, rule: 'proximal', biases: true }, { type: 'l2', strength: 0.2, rule: 'proximal', biases: true },
    ]);
    const layer: Dense = dense(3, { regularizers: [elasticNet({ l1: 0.1, l2: 0.2 })] });
    expect(layer.regularizers?.map(({ type }) => type)).toEqual(['l1', 'l2']);
  });

  test.each([-1, NaN, Infinity, null as unknown as Schedule, 'much' as unknown as Schedule, cosine(0.1, { final: -1 })])(
    'strength %j is refused', (strength) => {
      for (const make of [l1, l2]) expect(() => make(strength)).toThrow(InputError);
    });

  test('rules that do not exist are refused', () => {
    expect(() => l1(0.1, { rule: 'coupled' as 'proximal' })).toThrow(/'proximal' or 'subgradient', got "coupled"/);
    expect(() => l2(0.1, { rule: 'subgradient' as 'coupled' })).toThrow(/'coupled' or 'proximal', got "subgradient"/);
  });
});
