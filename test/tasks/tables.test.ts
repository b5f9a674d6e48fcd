/** Small real tables, beside PyTorch: losses within the noise of three seeds. */
import { expect, test } from 'vitest';
import { useDevice } from '../train/device.ts';
import { classification } from './classification.ts';
import { beyondNoise, expectSameData, isWithinNoise, studentT } from './noise.ts';
import { regression } from './regression.ts';
import { settingsOf } from './task.ts';

const device = useDevice();

test.each([['regression', regression], ['classification', classification]] as const)('%s', async (name, make) => {
  const task = await make();
  expectSameData(task);
  expect(await beyondNoise(device(), task, { ...settingsOf(name), seeds: 3 })).toEqual([]);
});

test('what noise is', () => {
  // By hand: the means are 3 apart and both variances 1, so that t is -3 / sqrt(2 / 3).
  expect(studentT([1, 2, 3], [4, 5, 6])).toBeCloseTo(-3 / Math.sqrt(2 / 3), 12);
  expect(isWithinNoise([1, 2, 3], [4, 5, 6])).toBe(true);
  expect(isWithinNoise([1, 2, 3], [5, 6, 7])).toBe(false);
  expect(isWithinNoise([1, 2, NaN], [1, 2, 3])).toBe(false);
});
