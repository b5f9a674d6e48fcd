/** Layers become dense layers, tensors and an arena; tensors get their first numbers. */
import { describe, expect, test } from 'vitest';
import { CHUNK } from '../../src/kernels/chunk.ts';
import { initialParameters } from '../../src/compile/init.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { chunkTable, describeNetwork } from '../../src/model/network.ts';
import { padTensor, unpadTensor } from '../../src/model/arena.ts';
import { STREAM } from '../../src/random.ts';
import { referenceInit } from '../../src/reference/index.ts';
import { expectClose } from '../cases/compare.ts';

const CHUNK_FLOATS = 4 * CHUNK;

/** No width is a multiple of 4; dropout before the first layer, after a ReLU, and after a bare product. */
const model: Model = sequential([3, 7], [
  dropout(0.1), dense(70), relu(), dropout(0.2), dense(9), dropout(0.3), dense(5), relu(), dense(3),
]);
const network = describeNetwork(model);

describe('describeNetwork', () => {
  test('widths follow one another from the flattened input to the classes', () => {
    expect(network.layers.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([[21, 70], [70, 9], [9, 5], [5, 3]]);
    expect(network.layers.map(({ paddedInputs, paddedOutputs }) => [paddedInputs, paddedOutputs]))
      .toEqual([[24, 72], [72, 12], [12, 8], [8, 4]]);
    expect([network.inputs, network.outputs]).toEqual([21, 3]);
    expect(network.parameters).toBe(22 * 70 + 71 * 9 + 10 * 5 + 6 * 3);
  });

  test('each layer knows which it reads, and layers with parameters the dropout on their inputs', () => {
    expect(network.nodes.map(({ layer: { type }, inputs }) => [type, ...inputs])).toEqual([
      ['dropout', -1], ['dense', 0], ['relu', 1], ['dropout', 2], ['dense', 3], ['dropout', 4], ['dense', 5], ['relu', 6], ['dense', 7],
    ]);
    // A dropout's stream is its place in the layer list.
    const [first, second, third] = [[0, 0, 0.1], [1, 3, 0.2], [2, 5, 0.3]]
      .map(([index, at, rate]) => ({ index, stream: STREAM.dropout + at!, rate }));
    expect(network.dropouts).toEqual([first, second, third]);
    expect(network.layers.map(({ inputDropout }) => inputDropout)).toEqual([first, second, third, undefined]);
  });

  test('tensors are named and shaped layer by layer', () => {
    expect(network.tensors.map(({ name, role, layer, shape, length, paddedLength }) => [name, role, layer, shape, length, paddedLength])).toEqual([
      ['layers.0.weight', 'weight', 0, [21, 70], 1470, 24 * 72], ['layers.0.bias', 'bias', 0, [70], 70, 72],
      ['layers.1.weight', 'weight', 1, [70, 9], 630, 72 * 12], ['layers.1.bias', 'bias', 1, [9], 9, 12],
      ['layers.2.weight', 'weight', 2, [9, 5], 45, 12 * 8], ['layers.2.bias', 'bias', 2, [5], 5, 8],
      ['layers.3.weight', 'weight', 3, [5, 3], 15, 8 * 4], ['layers.3.bias', 'bias', 3, [3], 3, 4],
    ]);
  });

  test('tensors start at chunks, one after the other, and the stride holds the last', () => {
    let end = 0;
    for (const { offset, paddedLength } of network.tensors) {
      expect(offset % CHUNK_FLOATS).toBe(0);
      expect(offset).toBeGreaterThanOrEqual(end);
      expect(offset - end).toBeLessThan(CHUNK_FLOATS);
      end = offset + paddedLength;
    }
    expect(network.stride).toBe(Math.ceil(end / CHUNK_FLOATS) * CHUNK_FLOATS);
    expect(network.chunks).toBe(network.stride / CHUNK_FLOATS);
  });

  test('the chunk table says whose every float is', () => {
    const table = chunkTable(network);
    expect(table.length).toBe(network.chunks);
    network.tensors.forEach(({ offset, paddedLength }, i) => {
      for (const at of [offset, offset + paddedLength - 1]) expect(table[Math.floor(at / CHUNK_FLOATS)]).toBe(i);
    });
    expect([...table]).toEqual([...table].toSorted((a, b) => a - b));
    expect(new Set(table).size).toBe(network.tensors.length);
  });
});

describe('padTensor and unpadTensor', () => {
  test.each(network.tensors)('$name goes in and comes out, pads and neighbours untouched', (tensor) => {
    const data = Float32Array.from({ length: tensor.length }, (_, i) => i + 1);
    const arena = new Float32Array(2 * network.stride).fill(-1);
    padTensor(tensor, data, arena, network.stride);
    expect(unpadTensor(tensor, arena, network.stride)).toEqual(data);
    expect(arena.filter((value) => value !== -1)).toEqual(data);
    const columns = tensor.shape.at(-1)!;
    const padded = Math.ceil(columns / 4) * 4;
    // Element [row, column] lies at row * padded columns + column.
    for (const i of [0, columns - 1, tensor.length - 1]) {
      const place = Math.floor(i / columns) * padded + (i % columns);
      expect(arena[network.stride + tensor.offset + place]).toBe(i + 1);
    }
  });
});

describe('initial weights', () => {
  const wide = describeNetwork(sequential([301], [dense(203), relu(), dense(10)]));
  const first = initialParameters(wide, 1);

  test('are normal with deviation sqrt(2 / inputs), within four sigma of both estimates', () => {
    const values = unpadTensor(wide.tensors[0]!, first);
    const n = values.length, variance = 2 / 301;
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    const square = values.reduce((sum, value) => sum + value * value, 0) / n;
    // The mean's deviation is sigma / sqrt(n); the mean square's is sigma^2 * sqrt(2 / n).
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(variance / n));
    expect(Math.abs(square - variance)).toBeLessThan(4 * variance * Math.sqrt(2 / n));
    // Normal, not merely of that variance: 68.27 % lie within one sigma (binomial deviation below 0.2 %).
    const within = values.filter((value) => Math.abs(value) < Math.sqrt(variance)).length / n;
    expect(Math.abs(within - 0.6827)).toBeLessThan(4 * Math.sqrt((0.6827 * 0.3173) / n));
  });

  test('biases and pads are zero', () => {
    for (const bias of [1, 3]) expect(unpadTensor(wide.tensors[bias]!, first).every((value) => value === 0)).toBe(true);
    const weights = wide.tensors.filter(({ role }) => role === 'weight');
    const real = weights.reduce((sum, { length }) => sum + length, 0);
    expect(first.filter((value) => value !== 0).length).toBe(real);
    const rest = first.slice();
    for (const tensor of weights) padTensor(tensor, new Float32Array(tensor.length), rest);
    expect(rest.every((value) => value === 0)).toBe(true);
  });

  test('are the same for the same seed, others for another, and differ between layers', () => {
    expectClose('the same seed', initialParameters(wide, 1), first, 0, 0);
    const other = unpadTensor(wide.tensors[0]!, initialParameters(wide, 2));
    const equal = unpadTensor(wide.tensors[0]!, first).filter((value, i) => value === other[i]);
    expect(equal.length).toBe(0);
    const square = describeNetwork(sequential([20], [dense(20), relu(), dense(20)]));
    const arena = initialParameters(square, 1);
    expect(unpadTensor(square.tensors[0]!, arena)).not.toEqual(unpadTensor(square.tensors[2]!, arena));
  });

  test("are the reference's", () => {
    const { weights } = referenceInit({
      seed: 2 ** 40 + 5, layers: [{ inWidth: 301, outWidth: 203, activation: 'relu' }, { inWidth: 203, outWidth: 10, activation: 'none' }],
    });
    const arena = initialParameters(wide, 2 ** 40 + 5);
    wide.tensors.forEach((tensor, i) => expectClose(tensor.name, unpadTensor(tensor, arena), weights[i]!, 0, 0));
  });
});
