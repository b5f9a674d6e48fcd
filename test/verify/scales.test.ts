import { describe, expect, test } from 'vitest';
import { adagrad, ftrl, sgd } from '../../src/model/optimizers/index.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { SelfTest } from '../../src/train/verify/steps.ts';
import { verifyEngine } from '../../src/train/verify/verify.ts';
import { smallConfig } from '../cases/network/support.ts';
import { useDevice } from '../train/device.ts';
import { FAULTS, faultyEngine } from './faulty.ts';
import { passesAt, scaledData, SCALES } from './scales.ts';

const device = useDevice();

const CONFIGS: Readonly<Record<string, Partial<TrainerConfig>>> = {
  'sgd, by layer': { optimizer: sgd({ learningRate: 0.1 }) }, 'momentum, fused': { fusion: 'full' },
  // Their sums of squares are infinite in f32, not in float64.
  'adagrad, apart': { fusion: 'none', optimizer: adagrad({ learningRate: 0.01 }) }, 'ftrl, by layer': { optimizer: ftrl({ learningRate: 0.1 }) },
};

describe.each(Object.entries(CONFIGS))('%s', (_, changes) => {
  test.each(SCALES)('a right adapter passes with data times %d', (scale) => passesAt(device(), scale, changes));
});

test('a wrong kernel is named whatever the size of the data', async () => {
  for (const kernel of ['gather', 'dense-forward', 'softmax-cross-entropy', 'dense-input-gradient', 'dense-weight-gradient']) {
    const { engine, executor } = await faultyEngine(smallConfig({ fusion: 'none' }));
    const resident = await engine.residents.attach(scaledData('u8', 1e19), 'train');
    executor.faulty = { fault: FAULTS['four results zeroed']!, hits: (dispatch) => dispatch.kernel === kernel };
    expect((await verifyEngine(new SelfTest(engine, { residents: [resident], trains: true }))).wrong[0]?.kernel).toBe(kernel);
  }
});
