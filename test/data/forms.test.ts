/** What inputs and labels may come as. */
import vm from 'node:vm';
import { expect, test } from 'vitest';
import { dataset, type DatasetOptions } from '../../src/data/dataset.ts';
import { idxDataset } from '../../src/data/idx-dataset.ts';
import { BadFileError, InputError } from '../../src/errors.ts';
import { expectFault, idxBytes } from './helpers.ts';

const elsewhere = (code: string): never => vm.runInNewContext(code) as never;
const floats = Float32Array.of(1, -2, 3, 4, 5, 250);

test.each<[string, unknown]>([
  ['f64', Float64Array.from(floats)], ['i16', Int16Array.from(floats)], ['i32 of another realm', elsewhere('Int32Array.of(1, -2, 3, 4, 5, 250)')],
  ['BigInts', BigInt64Array.of(1n, -2n, 3n, 4n, 5n, 250n)], ['a list', [...floats]], ['a list of another realm', elsewhere('[1, -2, 3, 4, 5, 250]')],
  ['lists', [[1, -2, 3], [4, 5, 250]]], ['frozen lists of another realm', elsewhere('Object.freeze([Object.freeze([1, -2, 3]), [4, 5, 250]])')], ['a list of typed arrays', [Float64Array.of(1, -2, 3), Int16Array.of(4, 5, 250)]],
])('inputs as %s become f32', (_, given) => {
  const made = dataset({ inputs: given as number[], targets: [0, 1], shape: [3] });
  expect(made).toMatchObject({ length: 2, width: 3, shape: [3], scale: 1 });
  expect(made.inputs).toEqual(floats);
});

test('clamped bytes, as a canvas has them, are bytes: the same memory, divided by 255', () => {
  for (const pixels of [Uint8ClampedArray.of(1, 2, 3, 255), elsewhere('Uint8ClampedArray.of(1, 2, 3, 255)') as Uint8ClampedArray]) {
    const { inputs, scale } = dataset({ inputs: pixels.subarray(2), targets: [0, 1], shape: [1] });
    expect([inputs.constructor, [...inputs], inputs.buffer === pixels.buffer, scale]).toEqual([Uint8Array, [3, 255], true, 1 / 255]);
  }
});

test('lists within lists say the shape; one that is given must hold as many', async () => {
  const images = [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]];
  const made = dataset({ inputs: images, targets: [0, 1] });
  expect(made).toMatchObject({ shape: [3, 2], width: 6, length: 2 });
  expect([...made.inputs]).toEqual(images.flat(2));
  expect(dataset({ inputs: images, targets: [0, 1], shape: [6] }).shape).toEqual([6]);
  await expectFault(() => dataset({ inputs: images, targets: [0, 1], shape: [5] }), InputError, 'want 10 input values, got 12');
  await expectFault(() => dataset({ inputs: [1, 2], targets: [0, 1] }), InputError, 'shape must be a list', '[]');
  expect(dataset({ inputs: images, targets: 'inputs' })).toMatchObject({ targets: 'inputs', targetWidth: 6, classes: 0, length: 2 });
});

const itself: unknown[] = [];
itself.push(itself);
test.each<[string, unknown, string[]]>([
  ['rows of different lengths', [[1, 2], [3]], ['inputs[1]', 'must have 2 values', 'got 1']],
  ['a number among rows', [[1, 2], 3], ['inputs[1]', 'got 3']],
  ['a text', [[1, 2], [3, '4']], ['inputs[1][1]', 'got "4"']],
  ['a hole', [[1, 2], [3, , 5].slice(0, 2)], ['inputs[1][1]', 'got undefined']], // oxlint-disable-line no-sparse-arrays -- it is what is tried
  ['a length and nothing else', Object.assign([], { length: 2 ** 32 - 1 }), ['inputs[0]', 'got undefined']],
  ['a number beyond f32', Float64Array.of(1, 2, 3, 1e39), ['inputs[3]', '1e+39']],
  ['itself', itself, ['must be a number']],
  ['nothing', [], ['want 4 input values, got 0']],
])('inputs that hold %s are refused', async (_, inputs, says) => {
  await expectFault(() => dataset({ inputs: inputs as number[], targets: [0, 1], shape: [2], name: 'mine' }), InputError, 'mine', ...says);
});

test('what is not finite is let through, to be named by the training', () => {
  expect([...dataset({ inputs: [[NaN], [-Infinity]], targets: [0, 1] }).inputs]).toEqual([NaN, -Infinity]);
});

const labelled = (targets: unknown, more: object = {}) => {
  const count = (targets as ArrayLike<unknown>).length, { targets: made, classes, classNames, targetWidth } = dataset({ inputs: new Uint8Array(count), shape: [1], targets: targets as number[], ...more });
  return { targets: [...made], classes, classNames, targetWidth };
};

test('BigInts are class indices', () => {
  for (const given of [BigInt64Array.of(1n, 0n), BigUint64Array.of(1n, 0n), [1n, 0n]]) {
    expect(labelled(given)).toEqual({ targets: [1, 0], classes: 2, classNames: undefined, targetWidth: 0 });
  }
});

// sklearn.preprocessing.LabelEncoder: classes_ and transform().
test.each<[string, unknown, string[], number[]]>([
  ['texts are sorted by code units', ['setosa', 'virginica', 'Versicolor', 'setosa'], ['Versicolor', 'setosa', 'virginica'], [1, 2, 0, 1]],
  ['texts of numbers as numbers', ['10', '9', '1', '10'], ['1', '9', '10'], [2, 1, 0, 2]],
  ['booleans are false and true', [true, false, true], ['false', 'true'], [1, 0, 1]],
])('labels: %s', (_, given, classNames, targets) => {
  expect(labelled(given)).toEqual({ targets, classes: classNames.length, classNames, targetWidth: 0 });
});

test('class names that are given say the order and the number, and allow absent classes', async () => {
  expect(labelled(['b', 'c'], { classNames: ['c', 'b', 'a'] })).toEqual({ targets: [1, 0], classes: 3, classNames: ['c', 'b', 'a'], targetWidth: 0 });
  expect(labelled([2, 2], { classNames: ['c', 'b', 'a'] })).toMatchObject({ targets: [2, 2], classes: 3 });
  await expectFault(() => labelled(['b', 'd'], { classNames: ['c', 'b', 'a'] }), InputError, 'targets[1]', '["c","b","a"]', 'got "d"');
  await expectFault(() => labelled(['a', 'b'], { classNames: ['a', 'a'] }), InputError, 'no two alike');
  await expectFault(() => labelled([0, 1], { classNames: ['a', 'b'], classes: 3 }), InputError, 'list of 3 texts');
  await expectFault(() => labelled([0, 3], { classNames: ['a', 'b'] }), InputError, 'targets[1]', '[0, 2)');
});

test('lists within lists are vectors', async () => {
  expect(labelled([[1, 0.5], [0, 2]])).toEqual({ targets: [1, 0.5, 0, 2], classes: 0, classNames: undefined, targetWidth: 2 });
  expect(labelled([[[1], [2]], [[3], [4]]])).toMatchObject({ targets: [1, 2, 3, 4], targetWidth: 2 });
  await expectFault(() => labelled([[1, 0], [0]]), InputError, 'targets[1]', 'must have 2 values');
  await expectFault(() => labelled([[1, 0], [0, 1]], { targetWidth: 3 }), InputError, '4 values are no 2 targets of 3');
  await expectFault(() => labelled([[1, NaN], [0, 1]]), InputError, 'targets[1]', 'NaN');
});

test.each<[string, number[], string[]]>([
  ['from 1 (EMNIST letters)', [1, 2, 3], ['no sample has class 0, and labels go to 3', 'Give classes: 4', 'or number the classes from 0']],
  ['with a gap', [0, 1, 3], ['no sample has class 2, and labels go to 3', 'Give classes: 4 where that may be.']],
  ['far apart', [0, 2 ** 31], ['no sample has class 1', 'classes: 2147483649']],
])('labels %s are refused, unless classes are given', async (_, targets, says) => {
  await expectFault(() => labelled(targets), InputError, ...says);
  expect(labelled(targets, { classes: 2 ** 32 })).toMatchObject({ targets, classes: 2 ** 32 });
});

test('of IDX files too, by the name of the file', async () => {
  const images = idxBytes([2, 1, 1], [1, 2]), from1 = idxBytes([2], [1, 2]);
  await expectFault(() => idxDataset(images, from1, { name: 'letters' }), BadFileError, 'letters labels: no sample has class 0', 'Give classes: 3');
  expect((await idxDataset(images, from1, { classes: 3 })).classes).toBe(3);
  expect((await idxDataset(images, from1, { mayLack: true })).classes).toBe(3);
});

test('a data set made of one keeps its names and classes', () => {
  const options: DatasetOptions = { inputs: [[1], [2], [3]], targets: ['b', 'a', 'b'], weights: [1, 2, 3] };
  const made = dataset(options);
  expect(dataset({ ...made, scale: 2 })).toEqual({ ...made, scale: 2 });
});
