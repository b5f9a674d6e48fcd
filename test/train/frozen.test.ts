/** A replica that was frozen for a while counts its own updates: those of others are none of them. */
import { expect, test } from 'vitest';
import { swa } from '../../src/model/averaging.ts';
import { adam } from '../../src/model/optimizers/index.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, smallConfig, trainingData, validationData } from '../cases/network/support.ts';
import { edited } from './checkpoints.ts';
import { useDevice } from './device.ts';

const device = useDevice();

const ofReplica = (parameters: ReadonlyMap<string, Float32Array>, replica: number): number[] =>
  [...parameters.values()].flatMap((values) => [...values.subarray((replica * values.length) / 2, ((replica + 1) * values.length) / 2)]);

test.each(['stop', 'skip'] as const)("onNonFinite '%s': Adam and a mean of weights go on where they were, also from a file", async (onNonFinite) => {
  // One step is one epoch. The second replica does not learn: it stops after three epochs, and the first goes on to ten.
  const config = smallConfig({
    optimizer: adam({ learningRate: 3e-3 }), averaging: swa({ start: 6 }), batchSize: 45, onNonFinite, fusion: 'none', replicas: [{}, { learningRate: 0 }],
  });
  let trainer = await Trainer.create(device(), config);
  const [data, validation] = [trainingData(), validationData()];
  const history = await fitAll(trainer, data, { epochs: 10, validation, earlyStopping: { monitor: 'loss', patience: 2, restoreBest: false } });
  const stopped = history.at(-1)!.replicas[1]!.stopped!.epoch;
  expect([stopped, history.length]).toEqual([3, 10]);
  trainer.set({ learningRate: 3e-3 }, 1);
  const file = await trainer.save();
  trainer.destroy();
  let missed: unknown;
  edited(file, ({ state }) => { ({ missed } = state as unknown as { missed: unknown }); });
  expect(missed).toEqual([0, 7]);
  trainer = await Trainer.load(device(), file, { verify: 'off' });
  const before = await trainer.parameters();
  await fitAll(trainer, data, { epochs: 11 });
  const [after, average] = [await trainer.parameters(), await trainer.parameters({ weights: 'average' })];
  // The eleventh update of the first is the sixth in its mean. The fourth of the other is before it: its mean is a copy.
  expect(ofReplica(average, 0)).not.toEqual(ofReplica(after, 0));
  expect(ofReplica(average, 1)).toEqual(ofReplica(after, 1));
  expect(ofReplica(after, 1)).not.toEqual(ofReplica(before, 1));
  trainer.destroy();
});
