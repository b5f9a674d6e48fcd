/** Updates that are left out, with every optimizer, everything that may stand around it, and every average. */
import { expect, test } from 'vitest';
import { ema, swa, type Averaging } from '../../src/index.ts';
import { useDevice } from '../train/device.ts';
import { AROUND, checkLeftOut, NAMES } from './left-out.ts';

const device = useDevice();
const AVERAGES: readonly (Averaging | undefined)[] = [undefined, ema(0.7), swa({ start: 2, every: 2 })];

test.each(NAMES)('%s', async (name) => {
  let checked = 0;
  for (const around of Object.keys(AROUND)) {
    for (const averaging of AVERAGES) if (await checkLeftOut(device(), name, around, averaging)) checked++;
  }
  expect(checked).toBeGreaterThanOrEqual(3 * 5);
}, 600_000);
