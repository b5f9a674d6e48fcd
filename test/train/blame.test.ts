/** One number in the data that is none: the message names it, not the weights, not the learning rate. */
import { expect, test } from 'vitest';
import { dataset, type ClassDataset } from '../../src/data/dataset.ts';
import { epochOrder } from '../../src/data/shuffle.ts';
import type { NonFiniteError } from '../../src/errors.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import type { Trainer } from '../../src/train/trainer.ts';
import { fitAll, smallConfig, SMALL_BATCH, STEPS_PER_EPOCH, trainingData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const SEED = 3;

/** With a value in the sample that a step of an epoch sees. */
function spoiled(value: number, { epoch = 0, step = 0, size = SMALL_BATCH, scale = 1 } = {}): { data: ClassDataset; sample: number } {
  const clean = trainingData(), inputs = Float32Array.from(clean.inputs, (x) => x / 255), sample = epochOrder(clean.length, SEED, epoch)[step * size + 1]!;
  // All of it: dropout may drop some.
  inputs.fill(value, 13 * sample, 13 * (sample + 1));
  return { data: dataset({ inputs, targets: clean.targets, shape: [13], classes: 5, scale, name: 'mine' }), sample };
}

const messageOf = (trainer: Trainer, data: ClassDataset, epochs = 3): Promise<NonFiniteError> =>
  fitAll(trainer, data, { epochs }).then(() => { throw new Error('It trained.'); }, (error: unknown) => error as NonFiniteError);

test.each<readonly [what: string, value: number, place: Parameters<typeof spoiled>[1], changes: Partial<TrainerConfig>]>([
  ['NaN in the first step', NaN, {}, {}], ['infinity later', -Infinity, { step: 4 }, {}],
  ['batches that are accumulated', NaN, { step: 1, size: 2 * SMALL_BATCH }, { accumulate: 2 }],
  ['what scale takes beyond f32', 3e38, { scale: 8 }, {}], ['another replica that never went', NaN, { step: 2 }, { replicas: [{}, {}] }],
])('%s', async (_, value, place, changes) => {
  await withTrainer(device(), smallConfig({ fusion: 'none', ...changes }), async (trainer) => {
    const { data, sample } = spoiled(value, place), { message, step } = await messageOf(trainer, data);
    expect(step).toBe(place!.step ?? 0);
    expect(message).toContain(`It comes from the data: of sample ${sample} of mine, which this step trained on, value 0 is ${Math.fround(value)}. The weights`);
    expect(message).toContain('Leave such samples out, or put numbers in their place.');
    expect(message).not.toMatch(/learning rate/);
  });
});

test('in a later epoch, after clean ones, its order is that epoch\'s; the weights are the last good ones', async () => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    await fitAll(trainer, spoiled(0).data, { epochs: 2, horizon: 3 });
    const { data, sample } = spoiled(NaN, { epoch: 2, step: 3 }), error = await messageOf(trainer, data);
    expect([error.step, error.goodStep]).toEqual([2 * STEPS_PER_EPOCH + 3, expect.any(Number)]);
    expect(error.message).toContain(`of sample ${sample} of mine, which this step trained on, value 0 is NaN. The weights of step ${error.goodStep}, the last good ones, were put back.`);
  });
});

test('where every update of an epoch was left out, any of its samples', async () => {
  await withTrainer(device(), smallConfig({ onNonFinite: 'skip', fusion: 'none' }), async (trainer) => {
    const clean = trainingData(), inputs = new Float32Array(clean.inputs.length).fill(NaN);
    expect((await messageOf(trainer, dataset({ ...clean, scale: 1, inputs }))).message).toContain('It comes from the data: of sample ');
  });
});

test('weights that are no numbers, and rates that are too large, are blamed as before, be the data what they may', async () => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    await trainer.setParameters(new Map([['layers.0.weight', (await trainer.parameters()).get('layers.0.weight')!.map(() => NaN)]]), { nonFinite: 'allow' });
    expect((await messageOf(trainer, spoiled(NaN).data)).message).toContain('No learning rate helps. Set or load other weights');
  });
  await withTrainer(device(), smallConfig({ optimizer: sgd({ learningRate: 1e30 }) }), async (trainer) => {
    expect((await messageOf(trainer, spoiled(NaN, { step: 5 }).data)).message).toContain('Try a smaller learning rate');
  });
});
