/** onNonFinite 'skip': an update with a gradient that is not finite leaves no trace but its count. */
import { expect, test } from 'vitest';
import { dataset, type Dataset } from '../../src/data/dataset.ts';
import { epochOrder } from '../../src/data/shuffle.ts';
import { NonFiniteError } from '../../src/errors.ts';
import type { Overrides } from '../../src/model/hyperparameters.ts';
import { adam, sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import { readSafetensors } from '../../src/files/safetensors.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, smallConfig, SMALL_BATCH, STEPS_PER_EPOCH, tensorBits, trainingData, withTrainer } from '../cases/network/support.ts';
import { edited } from './checkpoints.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const SEED = 3;

function asFloats(spoil?: { row: number; value: number }): Dataset {
  const data = trainingData();
  const inputs = Float32Array.from(data.inputs, (x) => x / 255);
  // All of the sample: dropout may drop some.
  if (spoil !== undefined) inputs.fill(spoil.value, 13 * spoil.row, 13 * (spoil.row + 1));
  return dataset({ inputs, targets: data.targets, shape: [13], classes: 5, name: 'floats' });
}

/** The sample that is in batch `batch` of the first epoch, and the batch of the second epoch it is in. */
function sampleIn(batch: number): { row: number; second: number } {
  const row = epochOrder(45, SEED, 0)[batch * SMALL_BATCH + 2]!;
  return { row, second: Math.floor(epochOrder(45, SEED, 1).indexOf(row) / SMALL_BATCH) };
}

/** Clean training in which the updates of some steps are undone: tensors as they were, and one update fewer counted. */
async function withoutUpdates(optimizer: Optimizer, onNonFinite: 'stop' | 'skip', left: readonly number[]): Promise<Record<string, number[]>> {
  const data = asFloats();
  let trainer = await Trainer.create(device(), smallConfig({ optimizer, onNonFinite, fusion: 'none' }));
  for (const step of left) {
    if (step > 0) await fitAll(trainer, data, { epochs: 2, steps: step });
    const { tensors } = readSafetensors(await trainer.save(), 'before');
    await fitAll(trainer, data, { epochs: 2, steps: step + 1 });
    const file = edited(await trainer.save(), (training, own) => {
      for (const [name, tensor] of tensors) own.set(name, tensor);
      if (onNonFinite === 'skip') training.state.skipped[0]++;
    });
    trainer.destroy();
    trainer = await Trainer.load(device(), file);
  }
  await fitAll(trainer, data, { epochs: 2 });
  const bits = await tensorBits(trainer);
  trainer.destroy();
  return bits;
}

// Momentum knows no t but at its first update, so that plain training is the reference. Adam's t is the count's.
const cases: [string, Optimizer, 'stop' | 'skip', number, number][] = [
  ['momentum, NaN', sgd({ learningRate: 0.1, momentum: 0.9 }), 'stop', 2, NaN],
  ['momentum, infinity, in the last batch of an epoch', sgd({ learningRate: 0.1, momentum: 0.9 }), 'stop', 5, Infinity],
  ['adam, NaN', adam({ learningRate: 0.02 }), 'skip', 3, NaN],
];
test.each(cases)('%s: as if that update had been left out', async (_, optimizer, onNonFinite, batch, value) => {
  const { row, second } = sampleIn(batch);
  const left = [batch, STEPS_PER_EPOCH + second];
  const want = await withoutUpdates(optimizer, onNonFinite, left);
  for (const stepsPerSubmit of [1, 4]) {
    await withTrainer(device(), smallConfig({ optimizer, onNonFinite: 'skip', fusion: 'none' }), async (trainer) => {
      const history = await fitAll(trainer, asFloats({ row, value }), { epochs: 2, stepsPerSubmit });
      expect(history.map(({ skipped }) => skipped)).toEqual([1, 2]);
      expect(history.every(({ loss, diverged }) => Number.isFinite(loss) && diverged === undefined)).toBe(true);
      expect(await tensorBits(trainer)).toEqual(want);
    });
  }
});

test('the first update that is not left out is Adam\'s first: each weight with a gradient moves by the learning rate', async () => {
  const { row } = sampleIn(0);
  await withTrainer(device(), smallConfig({ optimizer: adam({ learningRate: 0.01 }), onNonFinite: 'skip', fusion: 'none' }), async (trainer) => {
    const before = await trainer.parameters();
    const data = asFloats({ row, value: NaN });
    await fitAll(trainer, data, { epochs: 1, steps: 1 });
    expect(await trainer.parameters()).toEqual(before);
    await fitAll(trainer, data, { epochs: 1, steps: 2 });
    const after = await trainer.parameters();
    // t = 2 would move them by 0.0074.
    for (const change of after.get('layers.2.bias')!.map((w, i) => Math.abs(w - before.get('layers.2.bias')![i]!))) expect(change).toBeCloseTo(0.01, 6);
  });
});

test('a replica that is clean is not held up by one that is not', async () => {
  const { row } = sampleIn(2);
  const replicas: Overrides[] = [{}, { learningRate: 0.05 }];
  const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
  await withTrainer(device(), smallConfig({ optimizer, onNonFinite: 'skip', fusion: 'none', replicas }), async (trainer) => {
    const history = await fitAll(trainer, asFloats({ row, value: NaN }), { epochs: 1 });
    expect(history[0]!.replicas.map(({ skipped }) => skipped)).toEqual([1, 1]);
    await withTrainer(device(), smallConfig({ optimizer, onNonFinite: 'skip', fusion: 'none' }), async (alone) => {
      await fitAll(alone, asFloats({ row, value: NaN }), { epochs: 1 });
      expect(await tensorBits(trainer, 0)).toEqual(await tensorBits(alone, 0));
    });
  });
});

test('weights that overflow under finite gradients still stop the training', async () => {
  const optimizer = sgd({ learningRate: 3e38 });
  await withTrainer(device(), smallConfig({ optimizer, onNonFinite: 'skip', fusion: 'none' }), async (trainer) => {
    const before = await trainer.hash();
    const data = trainingData();
    const large = dataset({ inputs: Float32Array.from(data.inputs, (x) => 1e3 * x), targets: data.targets, shape: [13], classes: 5 });
    await expect(fitAll(trainer, large, { epochs: 1, stepsPerSubmit: 1 })).rejects.toThrow(NonFiniteError);
    expect(await trainer.hash()).toEqual(before);
    // What was in flight then does not count: the state is that of step 0.
    trainer.set({ learningRate: 1e-6 });
    const [epoch] = await fitAll(trainer, large, { epochs: 1 });
    expect(epoch!.skipped).toBe(0);
  });
});

test('without it no count is reported', async () => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    const [epoch] = await fitAll(trainer, trainingData(), { epochs: 1 });
    expect(epoch).not.toHaveProperty('skipped');
  });
});
