/** Layers that are set apart in a training: nothing is built for it, and no bit tells how rows hold their numbers. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { ftrl, sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { l1 } from '../../src/model/regularizers.ts';
import { custom, type ScheduleFunction } from '../../src/model/schedules/index.ts';
import { Trainer } from '../../src/train/trainer.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { expectDifferent, expectSame, fitAll, smallConfig, STEPS_PER_EPOCH, tensorBits, trainingData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';
import { MAKERS, Watch } from './watch.ts';

const device = useDevice();

/** Ten tensors: rows have room for eight groups, and the weights and biases of four layers set apart would be ten. */
const model = sequential([13], [dense(6), relu(), dense(5), relu(), dense(6), relu(), dense(7), relu(), dense(5)]);
const plain = (): Optimizer => sgd({ learningRate: 0.1, momentum: 0.9, regularizers: [l1(1e-3)] });
const deepConfig = (changes: Partial<TrainerConfig> = {}): TrainerConfig => smallConfig({ model, optimizer: plain(), ...changes });

const data = trainingData();

/** Weights after two epochs, `between` done after the first. */
const trained = (config: TrainerConfig, between: (trainer: Trainer) => void = () => {}): Promise<unknown> => withTrainer(device(), config, async (trainer) => {
  await fitAll(trainer, data, { epochs: 1, horizon: 2 * STEPS_PER_EPOCH });
  between(trainer);
  await fitAll(trainer, data, { epochs: 2 });
  return tensorBits(trainer);
});

/** A number until the first epoch's end, another one after it. */
const changing = (before: number, after: number) => custom('changing', (step) => (step < STEPS_PER_EPOCH ? before : after));

describe('layers set apart', () => {
  test('train as if they had been made so, and build nothing', async () => {
    const want = await trained(deepConfig({ replicas: [{ 'layers.1.learningRate': changing(0.1, 0.02), 'layers.3.l1': changing(1e-3, 0.01) }] }));
    const watch = new Watch(device().gpu);
    const got = await trained(deepConfig(), (trainer) => {
      watch.calls.length = 0;
      trainer.set({ 'layers.3.l1': 0.01 });
      trainer.set({ 'layers.1.learningRate': 0.02 });
      expect(watch.calls).toEqual([]);
    });
    // The weights are read back through a buffer of its own.
    const made = watch.calls.filter(({ name, label }) => (MAKERS as readonly string[]).includes(name) && label !== 'read');
    watch.restore();
    expectSame('weights', got, want);
    expectDifferent('weights of layers apart and not', [want, await trained(deepConfig())]);
    expect(made).toEqual([]);
  });

  test('while submits are in flight: from one step on, all at once', async () => {
    let first: number | undefined, isSet = false;
    const seen: ScheduleFunction = (step) => {
      if (isSet) first ??= step;
      return 0.02;
    };
    const config = deepConfig({ maxStepsPerSubmit: 1 });
    const got = await withTrainer(device(), config, async (trainer) => {
      const onProgress = ({ step }: { step: number }): void => {
        if (isSet || step < 3) return;
        trainer.set({ 'layers.2.learningRate': custom('seen', seen), 'layers.4.l1': 0.05 });
        isSet = true;
      };
      await fitAll(trainer, data, { epochs: 3, onProgress });
      return tensorBits(trainer);
    });
    expect(first).toBeGreaterThanOrEqual(3);
    expect(first).toBeLessThan(3 * STEPS_PER_EPOCH);
    const from = (before: number, after: number) => custom('from', (step) => (step < first! ? before : after));
    const want = await withTrainer(device(), { ...config, replicas: [{ 'layers.2.learningRate': from(0.1, 0.02), 'layers.4.l1': from(1e-3, 0.05) }] }, async (trainer) => {
      await fitAll(trainer, data, { epochs: 3 });
      return tensorBits(trainer);
    });
    expectSame('weights', got, want);
  });

  test('past the room that rows have an error says what to do, and nothing has changed; what is set alike again makes room', async () => {
    const rates = (...layers: number[]): Record<string, number> => Object.fromEntries(layers.map((layer) => [`layers.${layer}.learningRate`, layer / 50]));
    const want = await trained(deepConfig(), (trainer) => trainer.set(rates(1, 2, 4)));
    const got = await trained(deepConfig(), (trainer) => {
      trainer.set(rates(1, 2, 3));
      expect(() => trainer.set(rates(4))).toThrow(InputError);
      expect(() => trainer.set(rates(4))).toThrow(/^set: parameters would then have 10 different sets of hyperparameters, and the rows of this trainer have room for 8\. Give what differs at creation/);
      trainer.set({ 'layers.3.learningRate': 0.1 });
      trainer.set(rates(4));
    });
    expectSame('weights', got, want);
    // At creation there is room for all.
    await withTrainer(device(), deepConfig({ replicas: [rates(1, 2, 3, 4), {}] }), async (trainer) => {
      trainer.set({ 'layers.0.learningRate': 0.5 });
      expect((await fitAll(trainer, data, { epochs: 1 })).length).toBe(1);
    });
  });

  test.each<[string, () => Optimizer, string, number, number]>([
    ['cumulative L1, whose sums stay apart', () => sgd({ learningRate: 0.1, regularizers: [l1(1e-3, { rule: 'cumulative' })] }), 'layers.1.l1', 1e-3, 5e-3],
    ['ftrl, whose last learning rates were others', () => ftrl({ learningRate: 0.5, beta: 1 }), 'layers.1.learningRate', 0.5, 0.2],
  ])('set alike again: %s', async (_, optimizer, key, usual, other) => {
    const one = (trainer: Trainer, epochs: number): Promise<unknown> => fitAll(trainer, data, { epochs, horizon: 3 * STEPS_PER_EPOCH });
    const at = (step: number): number => (step >= STEPS_PER_EPOCH && step < 2 * STEPS_PER_EPOCH ? other : usual);
    const want = await withTrainer(device(), deepConfig({ optimizer: optimizer(), replicas: [{ [key]: custom('there and back', at) }] }), async (trainer) => {
      await one(trainer, 3);
      return tensorBits(trainer);
    });
    const got = await withTrainer(device(), deepConfig({ optimizer: optimizer() }), async (trainer) => {
      await one(trainer, 1);
      trainer.set({ [key]: other });
      await one(trainer, 2);
      trainer.set({ [key]: usual });
      await one(trainer, 3);
      return tensorBits(trainer);
    });
    expectSame('weights', got, want);
  });

  test('a file has room for what was set, and for as much again', async () => {
    const set = { 'layers.1.learningRate': 0.02, 'layers.2.learningRate': 0.04, 'layers.3.learningRate': 0.06 };
    const more = { 'layers.4.learningRate': 0.08 };
    const want = await trained(deepConfig({ replicas: [Object.fromEntries(Object.entries({ ...set, ...more }).map(([key, rate]) => [key, changing(0.1, rate)]))] }));
    const file = await withTrainer(device(), deepConfig(), async (trainer) => {
      await fitAll(trainer, data, { epochs: 1, horizon: 2 * STEPS_PER_EPOCH });
      trainer.set(set);
      expect(() => trainer.set(more)).toThrow(InputError);
      return trainer.save();
    });
    const trainer = await Trainer.load(device(), file, { verify: 'off' });
    trainer.set(more);
    await fitAll(trainer, data, { epochs: 2 });
    const got = await tensorBits(trainer);
    trainer.destroy();
    expectSame('weights', got, want);
  });
});
