/** The real files, held against what is published about them. */
import { beforeAll, expect, test } from 'vitest';
import { mnist } from '../../src/data/mnist.ts';
import { packedInputs, residentBytes } from '../../src/data/resident.ts';

type Mnist = Awaited<ReturnType<typeof mnist>>;
let data: Mnist;
beforeAll(async () => {
  data = await mnist();
});

test('60000 and 10000 images of 28 x 28 in 10 classes', () => {
  expect(data.train).toMatchObject({ length: 60_000, shape: [28, 28], width: 784, classes: 10, scale: 1 / 255, offset: 0, name: 'mnist train' });
  expect(data.test).toMatchObject({ length: 10_000, shape: [28, 28], width: 784, classes: 10, name: 'mnist test' });
});

test('the first labels, as in the published files', () => {
  expect(Array.from(data.train.targets.subarray(0, 10))).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  expect(Array.from(data.test.targets.subarray(0, 10))).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
});

test('class counts, as published', () => {
  const counts = Array.from({ length: 10 }, () => 0);
  for (const target of data.train.targets) counts[target]!++;
  expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
});

test('mean 0.1307 and standard deviation 0.3081 of the training pixels, as in the PyTorch examples', () => {
  let sum = 0, squares = 0;
  for (const pixel of data.train.inputs) {
    sum += pixel;
    squares += pixel * pixel;
  }
  const count = data.train.inputs.length, mean = sum / count;
  expect(mean / 255).toBeCloseTo(0.1307, 4);
  expect(Math.sqrt(squares / count - mean * mean) / 255).toBeCloseTo(0.3081, 4);
});

test('the training images go to the GPU as they lie in the file: 47 MB, no copy', () => {
  const packed = packedInputs(data.train);
  expect(packed.bytes.buffer).toBe(data.train.inputs.buffer);
  expect(packed).toMatchObject({ rowWords: 196, format: 'u8' });
  expect(residentBytes(data.train)).toBe(47_040_000);
});
