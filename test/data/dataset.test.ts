import { expect, test } from 'vitest';
import { dataset, shuffleTargets, split, subset, type ClassDataset, type DatasetOptions } from '../../src/data/dataset.ts';
import { InputError } from '../../src/errors.ts';
import { expectFault } from './helpers.ts';

/** Row i holds [i, i + 1] and its target is i % 3, so that a row tells its own index. */
const numbered = (length: number): ClassDataset =>
  dataset({
    inputs: Float32Array.from({ length: 2 * length }, (_, i) => (i >> 1) + (i & 1)),
    targets: Array.from({ length }, (_, i) => i % 3),
    shape: [2],
    classes: 3,
  });

const rowIndices = (data: ClassDataset): number[] => Array.from({ length: data.length }, (_, i) => data.inputs[2 * i]!);

test('defaults: u8 is divided by 255, f32 taken as it is, classes are the largest target + 1', () => {
  const bytes = dataset({ inputs: new Uint8Array(12), targets: new Uint8Array([0, 1]), shape: [2, 3] });
  expect(bytes).toMatchObject({ length: 2, width: 6, shape: [2, 3], classes: 2, scale: 1 / 255, offset: 0, name: 'data' });
  const floats = dataset({ inputs: new Float32Array(2), targets: [0, 1], shape: [1], classes: 7, scale: 2, offset: -1, name: 'x' });
  expect(floats).toMatchObject({ classes: 7, scale: 2, offset: -1, name: 'x' });
  expect(dataset({ inputs: new Float32Array(2), targets: [0, 1], shape: [1] }).scale).toBe(1);
});

test('targets of any array type become u32; a Uint32Array and the inputs are kept without a copy', () => {
  const inputs = new Uint8Array(3), targets = Uint32Array.of(1, 0, 2);
  const data = dataset({ inputs, targets, shape: [1] });
  expect(data.inputs).toBe(inputs);
  expect(data.targets).toBe(targets);
  expect(dataset({ inputs, targets: Int16Array.of(1, 0, 2), shape: [1] }).targets).toEqual(targets);
});

const good: DatasetOptions = { inputs: new Uint8Array(4), targets: [0, 1], shape: [2] };
test.each<[string, object, (string | number)[]]>([
  ['no samples', { inputs: new Uint8Array(0), targets: [] }, ['no samples']],
  ['too few inputs', { inputs: new Uint8Array(3) }, [2, 4, 3, '[2]']],
  ['too many inputs', { inputs: new Float32Array(6) }, [4, 6, '3 samples']],
  ['inputs of another type', { inputs: new ArrayBuffer(4) }, ['Uint8Array', 'Float32Array', 'got ArrayBuffer']],
  ['inputs missing', { inputs: undefined }, ['got undefined']],
  ['an empty shape', { shape: [] }, ['shape', '[]']],
  ['a zero in the shape', { shape: [0] }, ['shape', '[0]']],
  ['a fraction in the shape', { shape: [0.5, 4] }, ['shape']],
  ['a shape that is no list', { shape: 2 }, ['shape', '2']],
  ['targets missing', { targets: undefined }, ['targets', 'undefined']],
  ['a negative target', { targets: [0, -1] }, ['targets[1]', '-1']],
  ['a fractional target', { targets: [0.5, 0] }, ['targets[0]', '0.5']],
  ['a NaN target', { targets: Float32Array.of(0, NaN) }, ['targets[1]', 'NaN']],
  ['a target beyond u32', { targets: [0, 2 ** 32] }, ['targets[1]']],
  ['a target not below classes', { classes: 1 }, ['targets[1]', '[0, 1)', 'got 1']],
  ['classes of 0', { classes: 0 }, ['classes', 0]],
  ['classes with a fraction', { classes: 2.5 }, ['classes', 2.5]],
  ['scale 0', { scale: 0 }, ['scale']],
  ['scale NaN', { scale: NaN }, ['scale', 'NaN']],
  ['an infinite offset', { offset: Infinity }, ['offset', 'Infinity']],
])('dataset refuses %s', async (_, fault, says) => {
  await expectFault(() => dataset({ ...good, ...fault, name: 'mine' } as DatasetOptions), InputError, 'mine', ...says);
});

test('split: disjoint, together everything, rows keep their targets, the data is untouched', () => {
  const data = numbered(101), before = data.inputs.slice();
  const { train, validation } = split(data, { validation: 0.2, seed: 5 });
  expect([train.length, validation.length]).toEqual([81, 20]);
  const all = [...rowIndices(train), ...rowIndices(validation)].toSorted((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: 101 }, (_, i) => i));
  for (const part of [train, validation]) {
    expect(Array.from(part.targets)).toEqual(rowIndices(part).map((i) => i % 3));
    expect(part).toMatchObject({ classes: 3, shape: [2], width: 2, scale: 1 });
    expect(part.inputs.buffer).not.toBe(data.inputs.buffer);
  }
  expect(data.inputs).toEqual(before);
});

test('split: the same for the same seed, another for another; a count is taken as it is', () => {
  const data = numbered(50), held = (seed: number) => rowIndices(split(data, { validation: 7, seed }).validation);
  expect(held(1)).toHaveLength(7);
  expect(held(1)).toEqual(held(1));
  expect(held(1)).not.toEqual(held(2));
  expect(held(1)).not.toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test.each([0, 1.5, -1, 10, 11, NaN, 0.01, 0.99])('split refuses validation %s of 10 samples', async (validation) => {
  await expectFault(() => split(numbered(10), { validation, seed: 0 }), InputError, 'validation', validation, 10);
});

test.each([-1, 0.5, 2 ** 53, NaN])('seed %s is refused', async (seed) => {
  await expectFault(() => split(numbered(10), { validation: 1, seed }), InputError, 'seed', seed);
  await expectFault(() => shuffleTargets(numbered(10), seed), InputError, 'seed', seed);
});

test('subset by range and by indices', () => {
  const data = numbered(10);
  expect(rowIndices(subset(data, { end: 3 }))).toEqual([0, 1, 2]);
  expect(rowIndices(subset(data, { start: 7 }))).toEqual([7, 8, 9]);
  expect(Array.from(subset(data, { start: 7 }).targets)).toEqual([1, 2, 0]);
  expect(rowIndices(subset(data, Uint32Array.of(9, 0, 9)))).toEqual([9, 0, 9]);
  expect(subset(data, [0]).classes).toBe(3);
  expect(subset(data, { end: 3 }).inputs.buffer).toBe(data.inputs.buffer);
});

test.each<[unknown, string]>([
  [[10], 'index 10'], [[0, -1], 'index -1'], [[0.5], '0.5'], [[], 'no rows'], [5, 'got 5'],
  [{ end: 11 }, 'end 11'], [{ start: 3, end: 3 }, 'start 3'], [{ start: -1 }, 'start -1'], [{ end: 2.5 }, 'end 2.5'],
])('subset refuses %j', async (rows, says) => {
  await expectFault(() => subset(numbered(10), rows as number[]), InputError, says);
});

test('shuffled targets: the same class counts and inputs, hits near chance, seeded', () => {
  const data = numbered(3000), shuffled = shuffleTargets(data, 1);
  expect(shuffled.inputs).toBe(data.inputs);
  expect(shuffled.targets.toSorted()).toEqual(data.targets.toSorted());
  const hits = shuffled.targets.reduce((sum, target, i) => sum + Number(target === data.targets[i]), 0);
  // Binomial(3000, 1/3): sd 25.8, so five of them.
  expect(Math.abs(hits - 1000)).toBeLessThan(130);
  expect(shuffleTargets(data, 1).targets).toEqual(shuffled.targets);
  expect(shuffleTargets(data, 2).targets).not.toEqual(shuffled.targets);
});
