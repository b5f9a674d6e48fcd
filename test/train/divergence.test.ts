/** What happens when numbers stop being finite: a typed error, the last good weights, and a trainer that still works. */
import { expect, test } from 'vitest';
import { dataset, type ClassDataset } from '../../src/data/dataset.ts';
import { NonFiniteError } from '../../src/errors.ts';
import type { Overrides } from '../../src/model/hyperparameters.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { adam, sgd } from '../../src/model/optimizers/index.ts';
import { permutation, STREAM } from '../../src/random.ts';
import type { FitOptions } from '../../src/train/fit-options.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, smallConfig, SMALL_BATCH, tensorBits, trainingData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const plain = sequential([13], [dense(11), relu(), dense(7), relu(), dense(5)]);
const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });

const failureOf = async (trainer: Trainer, data: ClassDataset, options: FitOptions): Promise<NonFiniteError> => {
  const error: unknown = await fitAll(trainer, data, options).then(() => undefined, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NonFiniteError);
  return error as NonFiniteError;
};

const isFinite = (parameters: ReadonlyMap<string, Float32Array>): boolean =>
  [...parameters.values()].every((values) => values.every(Number.isFinite));

for (const fusion of ['none', 'layer', 'full'] as const) {
  test(`NaN in one weight of layer 0, fusion ${fusion}`, async () => {
    await withTrainer(device(), smallConfig({ model: plain, optimizer, fusion }), async (trainer) => {
      await fitAll(trainer, trainingData(), { epochs: 2, steps: 4 });
      const good = await trainer.parameters();
      const weight = good.get('layers.0.weight')!.slice();
      weight[5] = NaN;
      await trainer.setParameters(new Map([['layers.0.weight', weight]]), { nonFinite: 'allow' });
      const error = await failureOf(trainer, trainingData(), { epochs: 2 });
      expect([error.step, error.tensor, error.replica, error.code]).toEqual([4, 'layers.0.weight', 0, 'non-finite']);
      expect(error.message).toMatch(/^Step 4: layers\.0\.weight is no longer finite\..*at step 4, are as they were\. No learning rate helps\./);
      // Nothing has changed: the NaN is still where it was put, and only there.
      expect(trainer.step).toBe(4);
      expect(await trainer.parameters()).toEqual(new Map(good).set('layers.0.weight', weight));
      await trainer.setParameters(good);
      expect((await fitAll(trainer, trainingData(), { epochs: 2 })).length).toBe(2);
      expect(isFinite(await trainer.parameters())).toBe(true);
    });
  });
}

test('an infinite input: the error names the step that took the sample, the weights are those of the submit before', async () => {
  const clean = trainingData();
  const inputs = Float32Array.from(clean.inputs, (byte) => byte / 255);
  const order = permutation(clean.length, 3, STREAM.shuffle, 0);
  const step = 4;
  const dirty = inputs.slice();
  dirty[order[step * SMALL_BATCH + 2]! * clean.width + 1] = Infinity;
  const of = (values: Float32Array): ClassDataset => dataset({ inputs: values, targets: clean.targets, shape: [13], classes: 5 });
  const config = smallConfig({ model: plain, optimizer });
  const want = await withTrainer(device(), config, async (trainer) => {
    await fitAll(trainer, of(inputs), { epochs: 2, steps: 3 });
    return tensorBits(trainer);
  });
  await withTrainer(device(), config, async (trainer) => {
    const error = await failureOf(trainer, of(dirty), { epochs: 2, stepsPerSubmit: 3 });
    expect([error.step, error.replica]).toEqual([step, 0]);
    expect(error.tensor).toMatch(/^layers\.\d\.(weight|bias)$/);
    expect(trainer.step).toBe(3);
    expect(await tensorBits(trainer)).toEqual(want);
    // The clean data set goes on from there.
    expect((await fitAll(trainer, of(inputs), { epochs: 2 })).length).toBe(2);
  });
});

for (const [name, make] of [['momentum', optimizer], ['adam', adam({ learningRate: 1e-3 })]] as const) {
  test(`learning rate 1e30, ${name}: the weights of the last good submit are intact, a smaller rate goes on`, async () => {
    const config = smallConfig({ model: plain, optimizer: { ...make, hyperparameters: { ...make.hyperparameters, learningRate: 1e30 } } });
    await withTrainer(device(), config, async (trainer) => {
      const initial = await tensorBits(trainer);
      const error = await failureOf(trainer, trainingData(), { epochs: 1, stepsPerSubmit: 6 });
      expect(error.step).toBeGreaterThanOrEqual(0);
      expect(error.step).toBeLessThan(6);
      expect(trainer.step).toBe(0);
      expect(await tensorBits(trainer)).toEqual(initial);
      trainer.set({ learningRate: 0.01 });
      const [epoch] = await fitAll(trainer, trainingData(), { epochs: 1 });
      expect(epoch!.diverged).toBeUndefined();
      expect(epoch!.loss).toBeLessThan(10);
    });
  });
}

test('learning rate 100: single-step submits keep the last weights whose loss is of use', async () => {
  // Without ReLU, which would merely die: three layers multiply each other's growth.
  const model = sequential([13], [dense(11), dense(7), dense(5)]);
  const config = smallConfig({ model, optimizer: sgd({ learningRate: 100, momentum: 0.9 }) });
  const run = (steps?: number): Promise<{ failure: NonFiniteError | undefined; step: number; bits: unknown; finite: boolean; loss: number }> =>
    withTrainer(device(), config, async (trainer) => {
      const options = { epochs: 20, stepsPerSubmit: 1, ...(steps !== undefined && { steps }) };
      const failure = await fitAll(trainer, trainingData(), options).then(() => undefined, (error: unknown) => error as NonFiniteError);
      const finite = isFinite(await trainer.parameters());
      const { loss } = await trainer.evaluate(trainingData()) as { loss: number };
      return { failure, step: trainer.step, bits: await tensorBits(trainer), finite, loss };
    });
  const diverged = await run();
  expect(diverged.failure).toBeInstanceOf(NonFiniteError);
  // A step further the loss is finite still, and beyond 2^24.
  expect(diverged.failure!.goodStep).toBe(diverged.step);
  expect(diverged.step).toBeLessThan(diverged.failure!.step);
  expect(diverged.step).toBeGreaterThan(0);
  expect(diverged.loss).toBeLessThanOrEqual(2 ** 24);
  expect((await run(diverged.step + 1)).loss).toBeGreaterThan(2 ** 24);
  expect(diverged.finite).toBe(true);
  const stopped = await run(diverged.step);
  expect(stopped.failure).toBeUndefined();
  expect(diverged.bits).toEqual(stopped.bits);
});

test('when every replica has diverged, the error names the last one; all may try again', async () => {
  const replicas: Overrides[] = [{ learningRate: 1e30 }, { learningRate: 1e25, seed: 8 }];
  await withTrainer(device(), smallConfig({ model: plain, optimizer, replicas }), async (trainer) => {
    const error = await failureOf(trainer, trainingData(), { epochs: 2, stepsPerSubmit: 1 });
    expect([0, 1]).toContain(error.replica);
    expect(isFinite(await trainer.parameters())).toBe(true);
    const before = await trainer.hash();
    await trainer.setParameters(await withTrainer(device(), smallConfig({ model: plain, optimizer, replicas }), (other) => other.parameters()));
    trainer.set({ learningRate: 0 });
    const history = await fitAll(trainer, trainingData(), { epochs: 2 });
    expect(history.at(-1)!.replicas.map(({ diverged }) => diverged)).toEqual([undefined, undefined]);
    // The first step spoilt all: what was put back is what the other trainer begins with.
    expect(await trainer.hash()).toEqual(before);
  });
});

test('a trainer with diverged weights can be saved, loaded, evaluated and asked to predict', async () => {
  await withTrainer(device(), smallConfig({ model: plain, optimizer: sgd({ learningRate: 1e30 }) }), async (trainer) => {
    await failureOf(trainer, trainingData(), { epochs: 1, stepsPerSubmit: 6 });
    const evaluation = await trainer.evaluate(trainingData());
    expect((evaluation as { loss: number }).loss).toBeLessThan(10);
    const loaded = await Trainer.load(device(), await trainer.save(), { verify: 'off' });
    expect(await tensorBits(loaded)).toEqual(await tensorBits(trainer));
    expect(await loaded.predict(trainingData())).toEqual(await trainer.predict(trainingData()));
    loaded.destroy();
  });
});
