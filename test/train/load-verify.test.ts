/** Whether the GPU at hand is tested is no matter of a file. */
import { expect, test } from 'vitest';
import { Trainer } from '../../src/train/trainer.ts';
import { readTraining } from '../../src/train/restore.ts';
import { smallConfig, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();

test('a checkpoint does not say it, load does', async () => {
  const file = await withTrainer(device(), smallConfig({ verify: 'off' }), (trainer) => trainer.save());
  expect(readTraining(file, 'file').training.config).not.toHaveProperty('verify');
  for (const [options, verify] of [[{}, 'once'], [{ verify: 'once' }, 'once'], [{ verify: 'off' }, 'off']] as const) {
    const loaded = await Trainer.load(device(), file, options);
    expect(loaded.config.verify).toBe(verify);
    loaded.destroy();
  }
  await expect(Trainer.load(device(), file, { verify: 'never' as 'off' })).rejects.toThrow(/load: verify .*'once'.*'off'/);
});
