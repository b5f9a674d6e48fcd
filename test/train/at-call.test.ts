/** What a caller changes right after a call that gave a promise: the call goes by what it was given. */
import { expect, test } from 'vitest';
import { sgd } from '../../src/model/optimizers/index.ts';
import { Trainer } from '../../src/train/trainer.ts';
import type { ClassDataset } from '../../src/data/dataset.ts';
import type { FitOptions } from '../../src/train/fit-options.ts';
import { fitAll, smallConfig, tensorBits, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const WIDTH = 13;

const KINDS = {
  f32: (): Float32Array => Float32Array.from(validationData().inputs, (x) => x / 255), u8: (): Uint8Array => Uint8Array.from(validationData().inputs),
  // Whose own slice copies nothing.
  'a Buffer of Node': (): Uint8Array => Buffer.from(validationData().inputs),
};

test.each(Object.entries(KINDS))('predict: an array used again for the next samples, %s', async (_, make) => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    const given = make(), right = await trainer.predict(given.slice());
    const first = trainer.predict(given);
    given.copyWithin(0, WIDTH);
    const second = trainer.predict(given);
    given.fill(0);
    expect(await first).toEqual(right);
    expect((await second as Float32Array).subarray(0, 5)).toEqual((right as Float32Array).subarray(5, 10));
  });
});

test('predict: so do its options', async () => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    const options = { logits: true }, data = validationData(), logits = trainer.predict(data, options);
    options.logits = false;
    expect(await logits).toEqual(await trainer.predict(data, { logits: true }));
  });
});

test('predict and setParameters: memory that was transferred away is called so, before and during', async () => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    const gone = KINDS.f32(), want = await trainer.predict(KINDS.f32()), asked = trainer.predict(gone);
    structuredClone(gone, { transfer: [gone.buffer] });
    expect(await asked).toEqual(want);
    await expect(trainer.predict(gone)).rejects.toThrow('predict: the array of samples has lost its memory: it was transferred to another thread, or shrank. Give a copy.');
    const values = await trainer.parameters(), bias = values.get('layers.0.bias')!;
    structuredClone(bias, { transfer: [bias.buffer as ArrayBuffer] });
    await expect(trainer.setParameters(values)).rejects.toThrow('setParameters: layers.0.bias has lost its memory');
  });
});

test('setParameters: numbers, names, shapes and options', async () => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    const before = await tensorBits(trainer), values = await trainer.parameters(), options: { nonFinite?: 'allow' } = {};
    const set = trainer.setParameters(values, options);
    for (const [name, array] of values) {
      array.fill(NaN);
      values.set(name, array.subarray(1));
    }
    options.nonFinite = 'allow';
    await set;
    expect(await tensorBits(trainer)).toEqual(before);
    const turned = await trainer.parameters(), weight = turned.get('layers.0.weight')!;
    Object.defineProperty(weight, 'shape', { value: weight.shape!.toReversed() });
    await expect(trainer.setParameters(turned)).rejects.toThrow('it lies the other way round');
  });
});

test('fit: its options, and those of its early stopping', async () => {
  const data = trainingData(), validation = validationData();
  const run = (isChanged: boolean) => withTrainer(device(), smallConfig(), async (trainer) => {
    const earlyStopping = { patience: 1, minimumChange: 9 }, options: { epochs: number; validation: ClassDataset; earlyStopping: typeof earlyStopping } = { epochs: 4, validation, earlyStopping };
    const training = trainer.fit(data, options);
    if (isChanged) Object.assign(options, { epochs: 1, earlyStopping: undefined });
    earlyStopping.patience = isChanged ? 3 : 1;
    const last = await training;
    return [last?.replicas, last?.epoch, await tensorBits(trainer)];
  });
  expect(await run(true)).toEqual(await run(false));
});

test('create: the configuration is the trainer\'s own', async () => {
  const replicas = [{ learningRate: 0.01 }], config = { ...smallConfig(), batchSize: 7, replicas };
  const trainer = await Trainer.create(device(), config);
  const before = structuredClone(trainer.config.replicas);
  Object.assign(config, { batchSize: 3, loss: undefined });
  replicas[0]!.learningRate = 5;
  expect(trainer.config).toMatchObject({ batchSize: 7, replicas: before, loss: smallConfig().loss });
  await fitAll(trainer, trainingData(), { epochs: 1 });
  const again = await Trainer.load(device(), await trainer.save());
  expect(await tensorBits(again)).toEqual(await tensorBits(trainer));
  for (const one of [trainer, again]) one.destroy();
});

test('create and load: as they were at the call', async () => {
  const config = smallConfig(), made = [0.1, 0.01].map((learningRate) => {
    Object.assign(config, { optimizer: sgd({ learningRate }) });
    return Trainer.create(device(), config);
  });
  const trainers = await Promise.all(made);
  expect(trainers.map((one) => one.config.optimizer.hyperparameters['learningRate'])).toEqual([0.1, 0.01]);
  const buffer = await trainers[0]!.save(), other = await trainers[1]!.save(), loading = Trainer.load(device(), buffer);
  buffer.set(other.subarray(0, buffer.length));
  const loaded = await loading;
  expect(loaded.config.optimizer.hyperparameters['learningRate']).toBe(0.1);
  for (const one of [...trainers, loaded]) one.destroy();
});

test('load: its options', async () => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    const options = { file: 'mine' }, loading = Trainer.load(device(), (await trainer.save()).subarray(1), options);
    options.file = 'other';
    await expect(loading).rejects.toThrow('mine');
  });
});

class Inherited {
  get epochs(): number { return 2; }
}

test.each<readonly [what: string, options: FitOptions]>([
  ['a prototype', Object.create({ epochs: 2 }) as FitOptions], ['a class', new Inherited()], ['a prototype, beside own ones', Object.assign(Object.create({ steps: 2 }) as object, { epochs: 9 })],
])('what options get from %s is refused still, and not lost in the copy', async (_, options) => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    await expect(trainer.fit(trainingData(), options)).rejects.toThrow(/fit: (epochs|steps) comes from a class or a prototype/);
    expect(trainer.step).toBe(0);
  });
});
