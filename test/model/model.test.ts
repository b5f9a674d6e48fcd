/** What a user writes down: layers and models, and how they lie in memory; and what is refused, with the reason. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { unitNorm } from '../../src/model/regularizers.ts';
import { dense, dropout, gelu, relu, sigmoid, type Layer } from '../../src/model/layers/index.ts';
import { checkModel, sequential } from '../../src/model/model.ts';
import { chunkTable, describeNetwork } from '../../src/model/network.ts';
import { padTensor, unpadTensor } from '../../src/model/arena.ts';

const flagship = sequential([28, 28], [dropout(0.2), dense(1000), relu(), dropout(0.5), dense(500), relu(), dropout(0.5), dense(10)]);

test.each([['relu', relu], ['sigmoid', sigmoid], ['unitNorm', unitNorm]] as [string, (...values: unknown[]) => unknown][])(
  '%s takes no argument, and says so of one', (name, make) => {
    expect(() => make(0.1)).toThrow(InputError);
    expect(() => make({ slope: 0.1 })).toThrow(`${name}() takes no argument, got {"slope":0.1}.`);
    expect(make()).toHaveProperty('type');
  });

describe('sequential', () => {
  test('is plain data', () => {
    expect(sequential([4], [dropout(0.1), dense(3), relu(), dense(2)])).toEqual({
      inputShape: [4], layers: [{ type: 'dropout', rate: 0.1 }, { type: 'dense', units: 3 }, { type: 'relu' }, { type: 'dense', units: 2 }],
    });
    expect(JSON.parse(JSON.stringify(flagship))).toEqual(flagship);
  });

  test('a dense layer\'s activation is the layer behind it', () => {
    expect(sequential([4], [dense(3, { activation: gelu(), learningRate: 0.1 }), dropout(0.1), dense(2)]))
      .toEqual(sequential([4], [dense(3, { learningRate: 0.1 }), gelu(), dropout(0.1), dense(2)]));
    expect(() => dense(3, { activation: 'gelu' as never })).toThrow('dense: activation must be a layer such as relu(), got "gelu".');
    expect(() => dense(3, { activation: dense(2) as never })).toThrow(/activation must be a layer such as relu\(\)/);
    expect(() => checkModel({ inputShape: [4], layers: [dense(3, { activation: gelu() }), dense(2)], inputs: [[-1], [0]] })).toThrow(/with inputs, an activation is a layer of its own/);
  });

  test.each<[string, Layer[], RegExp]>([
    ['dropout last', [dense(2), dropout(0.1)], /last layer must not be dropout/],
    ['nothing', [], /there must be a dense layer/],
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
    expect([network.inputs, network.outputs, network.parameters]).toEqual([784, 10, 1_290_510]);
    // A dropout's stream is its place among all layers.
    expect(network.dropouts.map(({ stream, rate }) => [stream - 0x0400_0000, rate])).toEqual([[0, 0.2], [3, 0.5], [6, 0.5]]);
    expect(network.layers.map(({ inputDropout, isLast }) => [inputDropout?.index, isLast])).toEqual([[0, false], [1, false], [2, true]]);
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
