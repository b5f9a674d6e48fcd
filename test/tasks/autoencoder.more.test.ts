/** The autoencoder, beside PyTorch: losses within the noise of three seeds. */
import { expect, test } from 'vitest';
import { useDevice } from '../train/device.ts';
import { autoencoder } from './autoencoder.ts';
import { beyondNoise, expectSameData } from './noise.ts';

const device = useDevice();

test.each([['bce', ''], ['mse', ''], ['bce', '-tied'], ['mse', '-tied']] as const)('784-256-32-256-784 with %s%s', async (loss, tied) => {
  const task = await autoencoder(loss, tied);
  expectSameData(task);
  expect(await beyondNoise(device(), task)).toEqual([]);
}, 600_000);
