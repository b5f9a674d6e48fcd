/** The tables with 24 seeds, whose noise is small enough to notice a wrong setting: three seeds do not even notice a tenth of the learning rate. */
import { expect, test } from 'vitest';
import { useDevice } from '../train/device.ts';
import { classification } from './classification.ts';
import { beyondNoise } from './noise.ts';
import { regression } from './regression.ts';
import { settingsOf } from './task.ts';

const device = useDevice();
const MILLISECONDS = 600_000;

test.each([['regression', regression], ['classification', classification]] as const)('%s', async (_, make) => {
  expect(await beyondNoise(device(), await make())).toEqual([]);
}, MILLISECONDS);

test('half the learning rate is beyond the noise', async () => {
  const settings = settingsOf('classification');
  expect(await beyondNoise(device(), await classification(), { ...settings, learningRate: settings.learningRate / 2 })).not.toEqual([]);
}, MILLISECONDS);
