/** A kernel that never runs is named, in the self-test too, where the marks of what is to be written are all that is found. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import { openDevice, type Device } from '../../src/device/index.ts';
import { fitAll, smallConfig, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { FaultyDevice, type Fault } from '../faults/faulty-device.ts';
import { useDevice } from '../train/device.ts';

const real = useDevice();
let faulty: FaultyDevice, device: Device;
beforeAll(async () => {
  faulty = new FaultyDevice(real().gpu);
  device = await openDevice({ device: faulty.gpu });
});
afterEach(() => faulty.heal());

const dropped: Fault = () => {};
const messageOf = (work: Promise<unknown>): Promise<string> => work.then(() => { throw new Error('It went well.'); }, (error: Error) => error.message);

test.each(['softmax-cross-entropy', 'dense-forward'])('%s, before the first training and after it', async (kernel) => {
  const config = smallConfig({ fusion: 'none', verify: 'once' });
  await withTrainer(device, config, async (trainer) => {
    await fitAll(trainer, trainingData(), { epochs: 1, horizon: 3 });
    faulty.inject((site) => site.kernel === kernel, dropped);
    const message = await messageOf(fitAll(trainer, trainingData(), { epochs: 3, horizon: 3 }));
    expect(message).toContain(kernel);
    expect(message).toContain('Nothing that was trained on it since the last test can be trusted.');
    expect(await messageOf(Promise.resolve(trainer.evaluate(validationData())))).toContain(kernel);
  });
  // Nothing is known of such batches, and nothing was trained.
  await withTrainer(device, { ...config, batchSize: 5 }, async (trainer) => {
    const message = await messageOf(fitAll(trainer, trainingData(), { epochs: 1 }));
    expect(message).toContain(kernel);
    expect(message).not.toContain('trained on it');
  });
});
