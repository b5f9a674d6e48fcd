/** Faults that reviews found in losses and their numbers. */
import { expect, test } from 'vitest';
import { dataset } from '../../src/data/dataset.ts';
import { fromRows } from '../../src/data/table/rows.ts';
import { InputError } from '../../src/errors.ts';
import { dense, leakyRelu } from '../../src/model/layers/index.ts';
import { huber, meanSquaredError, softmaxCrossEntropy } from '../../src/model/losses/makers.ts';
import { sequential } from '../../src/model/model.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { cosine, custom, plateau } from '../../src/model/schedules/index.ts';
import type { Evaluation } from '../../src/train/events.ts';
import { Trainer } from '../../src/train/trainer.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { expectClose } from '../cases/compare.ts';
import { useDevice } from '../train/device.ts';

const device = useDevice();
const inputs = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)), values = Float32Array.from({ length: 8 }, (_, i) => Math.cos(i));
const data = dataset({ inputs, targets: values, targetWidth: 1, shape: [3] });
const config: TrainerConfig = { model: sequential([3], [dense(1)]), loss: meanSquaredError(), optimizer: sgd({ learningRate: 0.01 }), batchSize: 4, verify: 'off' };

async function withTrainer<T>(changes: Partial<TrainerConfig>, work: (trainer: Trainer) => Promise<T>): Promise<T> {
  const trainer = await Trainer.create(device(), { ...config, ...changes });
  try {
    return await work(trainer);
  } finally {
    trainer.destroy();
  }
}

test('a schedule function of a loss is asked with a horizon that it can divide by, before a fit and at its epochs\' ends', async () => {
  await withTrainer({ loss: huber({ delta: custom('d', (step, steps) => 2 - step / (steps - 1) / 2) }) }, async (trainer) => {
    expect((await trainer.evaluate(data) as Evaluation).loss).toBeGreaterThan(0);
    await trainer.fit(data, { epochs: 2 });
    expect(trainer.epoch).toBe(2);
  });
});

test('an evaluation is of the network that the last update trained', async () => {
  // From 1 to 0 within each epoch of two steps: the last step of an epoch has 0.5, the next one 1.
  const model = sequential([3], [dense(1), leakyRelu({ slope: cosine(1, { final: 0, restarts: { firstPeriod: 2 } }) }), dense(1)]);
  await withTrainer({ model, optimizer: sgd({ learningRate: 0 }) }, async (trainer) => {
    await trainer.fit(data, { epochs: 1 });
    const half = { ...model, layers: model.layers.map((layer) => (layer.type === 'leakyRelu' ? leakyRelu({ slope: 0.5 }) : layer)) };
    const want = await withTrainer({ model: half }, async (plain) => (await plain.evaluate(data) as Evaluation).loss);
    expectClose('loss', [(await trainer.evaluate(data) as Evaluation).loss], [want], 1e-6, 0);
  });
});

test('with a loss of values nothing follows an accuracy', async () => {
  await withTrainer({}, async (trainer) => {
    for (const options of [{ keepBest: 'accuracy' as const }, { earlyStopping: { patience: 1, monitor: 'accuracy' as const } }]) {
      await expect(Promise.resolve(trainer.fit(data, { epochs: 1, validation: data, ...options }))).rejects.toThrow(InputError);
    }
  });
  await withTrainer({ optimizer: sgd({ learningRate: plateau(0.01, { monitor: 'accuracy' }) }) }, async (trainer) => {
    await expect(Promise.resolve(trainer.fit(data, { epochs: 1, validation: data }))).rejects.toThrow(InputError);
  });
});

test('errors of any size are good to go back to', async () => {
  const large = dataset({ inputs, targets: values.map((value) => 1e6 * value), targetWidth: 1, shape: [3] });
  await withTrainer({}, async (trainer) => {
    await trainer.fit(large, { epochs: 3 });
    const good = await trainer.hash();
    trainer.set({ learningRate: 1e30 });
    await expect(Promise.resolve(trainer.fit(large, { epochs: 5 }))).rejects.toThrow('the last good ones');
    expect(await trainer.hash()).toEqual(good);
  });
});

test('weights of classes are taken when they are given', () => {
  const classWeights = [1, 2], loss = softmaxCrossEntropy({ classWeights });
  classWeights[0] = -5;
  expect(loss.classWeights).toEqual([1, 2]);
});

test('a set of which nothing counts is refused', async () => {
  const set = dataset({ inputs, targets: new Uint32Array(8), classes: 2, shape: [3] });
  await withTrainer({ model: sequential([3], [dense(2)]), loss: softmaxCrossEntropy({ classWeights: [0, 1], mean: 'weights' }) }, async (trainer) => {
    await expect(trainer.evaluate(set)).rejects.toThrow('all its samples are of classes that count nothing');
  });
});

test('softmax cross-entropy of one output is refused', async () => {
  await withTrainer({ loss: softmaxCrossEntropy() }, async (trainer) => {
    await expect(trainer.evaluate(dataset({ ...data, targets: values.map(Math.abs) }))).rejects.toThrow('of one output is always 0');
  });
});

test('columns may be called as properties of every object', () => {
  const rows = [{ constructor: 1, age: null, y: 'a' }, { constructor: null, age: 3, y: 'b' }];
  expect(() => fromRows(rows, { target: 'y', fill: { age: 'mean' } })).toThrow(/constructor/);
  expect(fromRows([{ constructor: 1, y: 'a' }, { y: 'b' }] as never, { target: 'y', fill: 0 }).data.inputs).toEqual(Float32Array.of(1, 0));
});
