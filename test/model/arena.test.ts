/** Where things lie in arenas, and what of them is in files, against plain index formulas. */
import { describe, expect, test } from 'vitest';
import { Arena, slotName, type Placed } from '../../src/model/arena.ts';
import { inverse, permuted } from '../../src/model/permute.ts';

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
const pad = (n: number): number => n + ((4 - (n % 4)) % 4);

/** Index of an element, by axis. */
function indexOf(element: number, shape: readonly number[]): number[] {
  let rest = element;
  return shape.toReversed().map((size) => {
    const at = rest % size;
    rest = (rest - at) / size;
    return at;
  }).toReversed();
}

const elementAt = (index: readonly number[], shape: readonly number[]): number => index.reduce((at, i, axis) => at * shape[axis]! + i, 0);

/** Shapes in memory, and axes in the order of files. Last axes of 1, 3, 4 and 5: pads of 3, 1, 0 and 3. */
const CASES: readonly (readonly [shape: readonly number[], fileAxes: readonly number[]])[] = [
  ...[1, 3, 4, 5].flatMap((width): [number[], number[]][] => [
    [[width], [0]], [[2, width], [1, 0]], [[7, width], [0, 1]], [[1, width], [1, 0]], [[2, 3, width], [2, 0, 1]],
    [[2, 3, 4, width], [3, 2, 0, 1]], [[3, 1, 2, width], [1, 3, 2, 0]], [[2, 2, 3, width], [0, 1, 2, 3]],
  ]),
  [[33, 17], [1, 0]],
];

const tensorOf = ([shape, fileAxes]: (typeof CASES)[number], offset = 8): Placed => ({ shape, fileAxes, length: product(shape), offset });

/** Floats of a tensor with pads. */
const paddedLength = ({ shape, length }: Placed): number => (length / shape.at(-1)!) * pad(shape.at(-1)!);

/** Every element different, and none 0. */
const numbered = (length: number, from = 1): Float32Array<ArrayBuffer> => Float32Array.from({ length }, (_, i) => from + i);

describe('permuted', () => {
  test.each(CASES)('[%j] by %j is the index formula, and comes back', (shape, axes) => {
    const values = numbered(product(shape)), sizes = axes.map((axis) => shape[axis]!);
    const got = permuted(values, shape, axes);
    got.forEach((value, at) => {
      const index = indexOf(at, sizes), own = shape.map((_, axis) => index[axes.indexOf(axis)]!);
      expect(value).toBe(values[elementAt(own, shape)]);
    });
    expect(permuted(got, sizes, inverse(axes))).toEqual(values);
  });
});

describe('offsets', () => {
  const arena = new Arena({ stride: 100 }, 3, ['m', 'v']);
  const tensor: Placed = { shape: [2, 3], length: 6, offset: 40 };

  test('replica after replica, slot after slot', () => {
    expect([arena.replicaStride, arena.length, arena.bytes]).toEqual([200, 600, 2400]);
    expect([arena.offset(0), arena.offset(2), arena.offset(0, 'm'), arena.offset(0, 'v'), arena.offset(2, 'v')]).toEqual([0, 400, 0, 100, 500]);
    expect([arena.offset(1, 'v', tensor), arena.offset(1, undefined, tensor)]).toEqual([340, 240]);
  });

  test('ranges are bytes: of all slots, or of one', () => {
    expect(arena.range(1)).toEqual({ offset: 800, bytes: 800 });
    expect(arena.range(1, 'v')).toEqual({ offset: 1200, bytes: 400 });
  });

  test('a slot is a view of its floats', () => {
    const data = numbered(arena.length, 0), view = arena.slot(data, 1, 'v');
    expect([view.length, view[0], view.buffer === data.buffer]).toEqual([100, 300, true]);
  });

  test('parameters are one slot; without slots there is nothing', () => {
    const parameters = new Arena({ stride: 100 }, 2), nothing = new Arena({ stride: 100 }, 2, []);
    expect([parameters.slots, parameters.length, parameters.offset(1)]).toEqual([['parameters'], 200, 100]);
    expect([nothing.length, nothing.bytes]).toEqual([0, 0]);
  });

  test('an unknown slot throws and says which there are', () => {
    expect([arena.has('v'), arena.has('z')]).toEqual([true, false]);
    expect(() => arena.offset(0, 'z')).toThrow('no slot z; it has m, v');
    expect(() => arena.take(tensor, new Float32Array(arena.length), 0, 'z')).toThrow('no slot z');
    expect(() => arena.toFile(tensor, new Float32Array(arena.length), 'z')).toThrow('no slot z');
  });
});

describe.each([1, 3])('tensors of %i replicas', (replicas) => {
  const arenaFor = (tensor: Placed): Arena => new Arena({ stride: tensor.offset + paddedLength(tensor) + 4 }, replicas, ['first', 'second']);

  test.each(CASES)('[%j], files by %j: one goes in by rows of a multiple of 4, and nothing else changes', (...of) => {
    const tensor = tensorOf(of), arena = arenaFor(tensor), data = new Float32Array(arena.length).fill(-1);
    const columns = tensor.shape.at(-1)!, values = numbered(tensor.length), replica = replicas - 1;
    arena.put(tensor, values, data, replica, 'second');
    const start = replica * 2 * arena.stride + arena.stride + tensor.offset;
    const want = new Float32Array(arena.length).fill(-1);
    values.forEach((value, i) => { want[start + Math.floor(i / columns) * pad(columns) + (i % columns)] = value; });
    expect(data).toEqual(want);
    expect(arena.take(tensor, data, replica, 'second')).toEqual(values);
  });

  test.each(CASES)('[%j], files by %j: without pads, in the order of files, replicas side by side', (...of) => {
    const tensor = tensorOf(of), arena = arenaFor(tensor), [shape, axes] = of;
    // What lies in pads and around the tensor must not be seen.
    const data = new Float32Array(arena.length).fill(NaN);
    const values = Array.from({ length: replicas }, (_, replica) => numbered(tensor.length, 1 + 10_000 * replica));
    values.forEach((own, replica) => arena.put(tensor, own, data, replica, 'second'));
    const sizes = axes.map((axis) => shape[axis]!);
    expect(arena.fileShape(tensor)).toEqual(replicas === 1 ? sizes : [replicas, ...sizes]);
    const file = arena.toFile(tensor, data, 'second');
    expect(file.length).toBe(replicas * tensor.length);
    file.forEach((value, at) => {
      const index = indexOf(at % tensor.length, sizes), own = shape.map((_, axis) => index[axes.indexOf(axis)]!);
      expect(value).toBe(values[Math.floor(at / tensor.length)]![elementAt(own, shape)]);
    });
    const back = new Float32Array(arena.length);
    arena.fromFile(tensor, file, back, 'second');
    values.forEach((own, replica) => expect(arena.take(tensor, back, replica, 'second')).toEqual(own));
    expect(back.filter((value) => value !== 0).length).toBe(replicas * tensor.length); // pads stay zero
    expect(arena.toFile(tensor, back, 'second')).toEqual(file);
  });
});

test('a tensor without file axes is in files as in memory', () => {
  const arena = new Arena({ stride: 16 }, 1), tensor: Placed = { shape: [2, 3], length: 6, offset: 4 }, data = new Float32Array(16);
  arena.fromFile(tensor, numbered(6), data);
  expect([...data]).toEqual([0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0, 0]);
  expect(arena.fileShape(tensor)).toEqual([2, 3]);
  expect(arena.toFile(tensor, data)).toEqual(numbered(6));
});

test('the average is weights like others in files; other slots are the optimizer\'s', () => {
  expect(['average', 'm'].map((slot) => slotName(slot, 'layers.0.bias'))).toEqual(['average.layers.0.bias', 'optimizer.m.layers.0.bias']);
});
