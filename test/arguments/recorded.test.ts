/** What an earlier version took without a word, and wrote into its checkpoints, does not keep them from being read. */
import { expect, test } from 'vitest';
import { dense, sequential, sgd, softmaxCrossEntropy, Trainer } from '../../src/index.ts';
import { useDevice } from '../train/device.ts';
import { edited } from '../train/checkpoints.ts';

const device = useDevice();

test('a checkpoint whose configuration has names that nobody knows, and a cache of tiles, is loaded', async () => {
  using trainer = await Trainer.create(device(), {
    model: sequential([4], [dense(2)]), loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 4,
  });
  const file = edited(await trainer.save(), (training) => {
    Object.assign((training as { config: object }).config, { batchsize: 32, lr: 0.1, tune: { cache: {}, budgetMilliseconds: 5 } });
  });
  using loaded = await Trainer.load(device(), file);
  expect(await loaded.hash()).toEqual(await trainer.hash());
  expect(loaded.config.batchSize).toBe(4);
  expect(Object.keys(loaded.config)).not.toContain('batchsize');
});
