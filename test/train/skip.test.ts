/** onNonFinite 'skip': an update with a gradient that is not finite leaves no trace but its count. */
import { expect, test } from 'vitest';
import { dataset, subset, type ClassDataset } from '../../src/data/dataset.ts';
import { epochOrder } from '../../src/data/shuffle.ts';
import { NonFiniteError } from '../../src/errors.ts';
import type { Overrides } from '../../src/model/hyperparameters.ts';
import { ema, swa, type Averaging } from '../../src/model/averaging.ts';
import { adam, sgd } from '../../src/model/optimizers/index.ts';
import { groupLasso, maxNorm, orthogonal, unitNorm } from '../../src/model/regularizers.ts';
import { readSafetensors } from '../../src/files/safetensors.ts';
import type { Evaluation } from '../../src/train/events.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { expectClose } from '../cases/compare.ts';
import { fitAll, smallConfig, SMALL_BATCH, STEPS_PER_EPOCH, tensorBits, trainingData, withTrainer } from '../cases/network/support.ts';
import { edited } from './checkpoints.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const SEED = 3;

function asFloats(spoil?: { row: number; value: number }): ClassDataset {
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
async function withoutUpdates(changes: Partial<TrainerConfig>, left: readonly number[]): Promise<Record<string, number[]>> {
  const data = asFloats();
  let trainer = await Trainer.create(device(), smallConfig({ fusion: 'none', ...changes }));
  for (const step of left) {
    if (step > 0) await fitAll(trainer, data, { epochs: 2, steps: step });
    const { tensors } = readSafetensors(await trainer.save(), 'before');
    await fitAll(trainer, data, { epochs: 2, steps: step + 1 });
    const file = edited(await trainer.save(), (training, own) => {
      for (const [name, tensor] of tensors) own.set(name, tensor);
      if (changes.onNonFinite === 'skip') training.state.skipped[0]++;
    });
    trainer.destroy();
    trainer = await Trainer.load(device(), file, { verify: 'off' });
  }
  await fitAll(trainer, data, { epochs: 2 });
  const bits = await tensorBits(trainer);
  trainer.destroy();
  return bits;
}

// Momentum knows no t but at its first update, so that plain training is the reference. Adam's t is the count's, and so is
// that of averages: their definitions are held below.
const cases: [string, Partial<TrainerConfig>, number, number][] = [
  ['momentum, NaN', { optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), onNonFinite: 'stop' }, 2, NaN],
  ['momentum with max-norm, infinity, in the last batch of an epoch', { optimizer: sgd({ learningRate: 0.1, momentum: 0.9, regularizers: [maxNorm(0.8)] }), onNonFinite: 'stop' }, 5, Infinity],
  ['adam with unit norm and an exponential average, NaN', { optimizer: adam({ learningRate: 0.02, regularizers: [unitNorm()] }), averaging: ema(0.7), onNonFinite: 'skip' }, 3, NaN],
  ['a group lasso, an orthogonal penalty and a mean, in the first batch', {
    optimizer: sgd({ learningRate: 0.1, regularizers: [groupLasso(1e-3), orthogonal(1e-3)] }), averaging: swa({ start: 3, every: 2 }), onNonFinite: 'skip',
  }, 0, NaN],
];
test.each(cases)('%s: as if that update had been left out', async (_, changes, batch, value) => {
  const { row, second } = sampleIn(batch);
  const left = [batch, STEPS_PER_EPOCH + second];
  const want = await withoutUpdates(changes, left);
  for (const stepsPerSubmit of [1, 4]) {
    await withTrainer(device(), smallConfig({ fusion: 'none', ...changes, onNonFinite: 'skip' }), async (trainer) => {
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

/** The average after updates that gave these weights: not by recurrences of ours. */
const definitions: [string, Averaging, (weights: readonly number[]) => number][] = [
  ['the mean from the second update on', swa({ start: 2 }), (w) => (w.length < 2 ? w.at(-1)! : w.slice(1).reduce((a, b) => a + b, 0) / (w.length - 1))],
  ['the exponential one', ema(0.7), (w) => w.reduce((sum, one, k) => sum + (k === 0 ? 1 : 0.3) * 0.7 ** (w.length - 1 - k) * one, 0)],
];
test.each(definitions)('%s is of the updates that are not left out, with max-norm or without', async (_, averaging, average) => {
  for (const regularizers of [[], [maxNorm(0.8)]]) {
    const config = smallConfig({ optimizer: sgd({ learningRate: 0.1, regularizers }), averaging, onNonFinite: 'skip', fusion: 'none' });
    await withTrainer(device(), config, async (trainer) => {
      // In batch 0 of the first epoch: the very first update is left out, and another one later.
      const data = asFloats({ row: sampleIn(0).row, value: NaN });
      const seen: ReadonlyMap<string, Float32Array>[] = [];
      let hash = (await trainer.hash())[0];
      for (let steps = 1; steps <= 2 * STEPS_PER_EPOCH; steps++) {
        const before = await tensorBits(trainer);
        await fitAll(trainer, data, { epochs: 2, steps });
        const after = (await trainer.hash())[0];
        if (after === hash) expect(await tensorBits(trainer)).toEqual(before);
        else seen.push(await trainer.parameters());
        hash = after;
        for (const [name, got] of seen.length === 0 ? [] : await trainer.parameters({ weights: 'average' })) {
          const want = Float64Array.from(got, (_value, i) => average(seen.map((weights) => weights.get(name)![i]!)));
          expectClose(`${name} after ${steps}`, got, want, 4e-6, 1e-7);
        }
      }
      expect(seen.length).toBe(2 * STEPS_PER_EPOCH - 2);
    });
  }
});

test('of accumulated batches, one spoils the update of all', async () => {
  const changes: Partial<TrainerConfig> = { optimizer: adam({ learningRate: 0.02, regularizers: [maxNorm(0.5)] }), averaging: ema(0.7), onNonFinite: 'skip', accumulate: 2 };
  const { row, second } = sampleIn(2);
  const want = await withoutUpdates(changes, [1, STEPS_PER_EPOCH / 2 + Math.floor(second / 2)]);
  await withTrainer(device(), smallConfig({ fusion: 'none', ...changes }), async (trainer) => {
    const history = await fitAll(trainer, asFloats({ row, value: NaN }), { epochs: 2, stepsPerSubmit: 2 });
    expect(history.map(({ skipped }) => skipped)).toEqual([1, 2]);
    expect(await tensorBits(trainer)).toEqual(want);
  });
});

test('replicas leave out updates each at its own step, as if alone', async () => {
  const { row } = sampleIn(1);
  const data = asFloats({ row, value: NaN });
  const config = smallConfig({
    optimizer: adam({ learningRate: 0.02, regularizers: [maxNorm(0.5)] }), averaging: swa({ start: 3, every: 2 }), onNonFinite: 'skip', fusion: 'none',
  });
  // Another seed, another order.
  const replicas: Overrides[] = [{}, { seed: 11 }];
  expect(Math.floor(epochOrder(45, 11, 0).indexOf(row) / SMALL_BATCH)).not.toBe(1);
  await withTrainer(device(), { ...config, replicas }, async (trainer) => {
    await fitAll(trainer, data, { epochs: 1, stepsPerSubmit: 4 });
    for (const [replica, own] of replicas.entries()) {
      await withTrainer(device(), { ...config, replicas: [own] }, async (alone) => {
        await fitAll(alone, data, { epochs: 1 });
        expect(await tensorBits(trainer, replica)).toEqual(await tensorBits(alone, 0));
      });
    }
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

/** Samples of one class each, so that a step hits or misses; some of them are NaN. */
function spoiled(count: number): ClassDataset {
  const data = asFloats(), inputs = data.inputs.slice() as Float32Array;
  inputs.fill(NaN, 0, 13 * count);
  return dataset({ ...data, inputs });
}

test('samples without a loss are misses: accuracy is of all samples, the loss of the others, and how many it is not of is said', async () => {
  const config = smallConfig({ batchSize: 1, optimizer: sgd({ learningRate: 0.05 }), onNonFinite: 'skip', fusion: 'none', replicas: [{}, { seed: 9 }] });
  await withTrainer(device(), config, async (trainer) => {
    const data = spoiled(30), [, last] = await fitAll(trainer, data, { epochs: 2, validation: data });
    const clean = await trainer.evaluate(subset(asFloats(), { start: 30 })) as Evaluation[];
    for (const [replica, own] of last!.replicas.entries()) {
      expect([own.nonFinite, Number.isFinite(own.loss)]).toEqual([30, true]);
      const hits = own.accuracy * 45;
      expect([hits, hits > 0, hits <= 15]).toEqual([Math.round(hits), true, true]);
      // In the evaluation, where the mean over all of the set has no number.
      expect(own.validation).toEqual({ loss: NaN, accuracy: expect.closeTo((clean[replica]!.accuracy * 15) / 45, 12) });
    }
  });
});

test('in mid-epoch a checkpoint holds their number; one of before that was counted holds none', async () => {
  const config = smallConfig({ batchSize: 1, onNonFinite: 'skip', fusion: 'none' }), data = spoiled(30);
  await withTrainer(device(), config, async (trainer) => {
    await fitAll(trainer, data, { epochs: 1, steps: 20 });
    const file = await trainer.save(), old = edited(file, ({ state }) => { for (const totals of state.totals) delete totals.nonFinite; });
    const ends = await Promise.all([file, old].map(async (bytes) => {
      const again = await Trainer.load(device(), bytes);
      const last = await again.fit(data, { epochs: 1 });
      again.destroy();
      return last!.nonFinite!;
    }));
    expect([ends[0], ends[1]! < 30]).toEqual([30, true]);
  });
});

test('with \'stop\' none are counted', async () => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    const [epoch] = await fitAll(trainer, asFloats(), { epochs: 1 });
    expect(epoch).not.toHaveProperty('nonFinite');
  });
});
