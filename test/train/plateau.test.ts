/** Schedules on plateaus in training: when they fall, per replica, and that the weights feel it. */
import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { ema } from '../../src/model/averaging.ts';
import { dropout, dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { adagrad, ftrl, sgd } from '../../src/model/optimizers/index.ts';
import { l1 } from '../../src/model/regularizers.ts';
import { nextPlateau, plateau, START_PLATEAU, warmUp } from '../../src/model/schedules/index.ts';
import { fitAll, smallConfig, tensorBits, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
/** So small that weights stay as they are, and with them the validation figures: every epoch is one without improvement. */
const TINY = 2 ** -100;
const options = { epochs: 9, validation: validationData() };

// Exponents of the learning rate as PyTorch 1.13's ReduceLROnPlateau has it before each epoch, over a constant figure
// (eps=0; patience=1, cooldown=1, factor=0.5; patience=0, factor=0.25, min_lr=2^-103; mode='max', patience=2, factor=0.5).
const torch: [Parameters<typeof plateau>[1], number[]][] = [
  [{ factor: 0.5, patience: 1, cooldown: 1 }, [100, 100, 100, 101, 101, 101, 102, 102, 102]],
  [{ factor: 0.25, patience: 0, minimum: 2 ** -103 }, [100, 100, 102, 103, 103, 103, 103, 103, 103]],
  [{ factor: 0.5, patience: 2, monitor: 'accuracy' }, [100, 100, 100, 100, 101, 101, 101, 102, 102]],
];

test('falls when PyTorch\'s does, each replica for itself', async () => {
  const replicas = [...torch.map(([given]) => ({ learningRate: plateau(TINY, given) })), { learningRate: TINY }];
  await withTrainer(device(), smallConfig({ optimizer: sgd({ learningRate: TINY }), replicas }), async (trainer) => {
    const history = await fitAll(trainer, trainingData(), options);
    const found = replicas.map((_, replica) => history.map((epoch) => -Math.log2(epoch.replicas[replica]!.learningRate)));
    expect(found).toEqual([...torch.map(([, want]) => want), torch[0]![1].map(() => 100)]);
    // A later fit goes on from there.
    const [next] = await fitAll(trainer, trainingData(), { ...options, epochs: 10 });
    expect(-Math.log2(next!.replicas[2]!.learningRate)).toBe(102);
  });
});

test('is what setting the same learning rates by hand gives, bit for bit', async () => {
  const schedule = plateau(0.4, { factor: 0.3, patience: 0, threshold: 0.05 });
  const optimizer = (learningRate: typeof schedule | number) => sgd({ learningRate, momentum: 0.9 });
  const { bits, rates, losses } = await withTrainer(device(), smallConfig({ optimizer: optimizer(schedule) }), async (trainer) => {
    const history = await fitAll(trainer, trainingData(), options);
    return {
      bits: await tensorBits(trainer), rates: history.map(({ learningRate }) => learningRate),
      losses: history.map(({ validation }) => validation!.loss),
    };
  });
  expect(new Set(rates).size).toBeGreaterThan(1);
  let state = START_PLATEAU;
  for (const [epoch, loss] of losses.entries()) {
    expect(rates[epoch]).toBe(0.4 * 0.3 ** state.reductions);
    state = nextPlateau(state, schedule, loss);
  }
  await withTrainer(device(), smallConfig({ optimizer: optimizer(rates[0]!) }), async (trainer) => {
    for (const [epoch, learningRate] of rates.entries()) {
      trainer.set({ learningRate });
      await fitAll(trainer, trainingData(), { ...options, steps: 6 * (epoch + 1) });
    }
    expect(await tensorBits(trainer)).toEqual(bits);
  });
});

test('any hyperparameter may have one: dropout, a penalty behind a warm-up; equal ones fall together', async () => {
  const falling = plateau(0.5, { factor: 0.5, patience: 0 });
  const model = sequential([13], [dropout(0), dense(11), relu(), dense(5)]);
  const config = smallConfig({
    model, optimizer: sgd({ learningRate: TINY, regularizers: [l1(warmUp(falling, { steps: 3 }))] }), replicas: [{ dropout: falling }],
  });
  const losses = await withTrainer(device(), config, async (trainer) => {
    const history = await fitAll(trainer, trainingData(), { ...options, epochs: 4 });
    // The epoch's end sees the reductions of its steps: none, none, one, two.
    const [first] = history.map(({ penalty }) => penalty);
    expect(history.map(({ penalty }) => penalty / first!)).toEqual([1, 1, 0.5, 0.25]);
    return history.map(({ loss }) => loss);
  });
  await withTrainer(device(), smallConfig({ model, optimizer: sgd({ learningRate: TINY }) }), async (trainer) => {
    for (const [epoch, rate] of [0.5, 0.5, 0.25, 0.125].entries()) {
      trainer.set({ dropout: rate });
      const [event] = await fitAll(trainer, trainingData(), { epochs: epoch + 1 });
      expect(event!.loss).toBeCloseTo(losses[epoch]!, 6);
    }
  });
});

test('with an average its figure is followed', async () => {
  const schedule = plateau(2, { factor: 0.5, patience: 0, threshold: 0 });
  const config = smallConfig({ optimizer: sgd({ learningRate: schedule }), averaging: ema(0.95) });
  await withTrainer(device(), config, async (trainer) => {
    const history = await fitAll(trainer, trainingData(), options);
    const follow = (of: (epoch: (typeof history)[number]) => number): number[] => {
      let state = START_PLATEAU;
      return history.map((epoch) => {
        const rate = 2 * 0.5 ** state.reductions;
        state = nextPlateau(state, schedule, of(epoch));
        return rate;
      });
    };
    const rates = history.map(({ learningRate }) => learningRate);
    expect(rates).toEqual(follow(({ averaged }) => averaged!.loss));
    expect(rates).not.toEqual(follow(({ validation }) => validation!.loss));
  });
});

test('needs a validation set, wherever it stands', async () => {
  const configs = [
    smallConfig({ optimizer: sgd({ learningRate: plateau(0.1) }) }),
    smallConfig({ replicas: [{}, { 'layers.1.l1': warmUp(plateau(0.1), { steps: 2 }) }] }),
  ];
  for (const config of configs) {
    await withTrainer(device(), config, async (trainer) => {
      const refused = fitAll(trainer, trainingData(), { epochs: 1 });
      await expect(refused).rejects.toThrow(InputError);
      await expect(refused).rejects.toThrow(/plateau schedule follows the validation figure/);
      expect(trainer.step).toBe(0);
      expect((await fitAll(trainer, trainingData(), { ...options, epochs: 1 })).length).toBe(1);
    });
  }
});

test('FTRL without penalties stays Adagrad without epsilon, also where its learning rate falls or is set', async () => {
  const learningRate = plateau(0.5, { factor: 0.1, patience: 0, threshold: 0.3, minimum: 1e-3 });
  const ends: Map<string, Float32Array>[] = [];
  for (const optimizer of [ftrl({ learningRate }), adagrad({ learningRate, epsilon: 0, initialAccumulator: 0.1 })]) {
    await withTrainer(device(), smallConfig({ optimizer }), async (trainer) => {
      const history = await fitAll(trainer, trainingData(), { ...options, epochs: 5 });
      expect(history.at(-1)!.learningRate).toBeLessThan(0.5);
      trainer.set({ learningRate: 0.2 });
      await fitAll(trainer, trainingData(), { ...options, epochs: 6 });
      trainer.set({ learningRate: 0.01 });
      await fitAll(trainer, trainingData(), { ...options, epochs: 7 });
      ends.push(await trainer.parameters());
    });
  }
  for (const [name, values] of ends[0]!) values.forEach((w, i) => expect(w, name).toBeCloseTo(ends[1]!.get(name)![i]!, 4));
});

test('FTRL takes parameters that are set as if it began with them', async () => {
  const data = trainingData();
  // The whole set is one batch, without dropout: every epoch sees the same gradient.
  const config = smallConfig({ model: sequential([13], [dense(5)]), batchSize: 45, optimizer: ftrl({ learningRate: 0.3, regularizers: [l1(1e-2)] }) });
  const given = new Map([['layers.0.weight', Float32Array.from({ length: 65 }, (_, i) => ((i % 7) - 3) / 10)], ['layers.0.bias', new Float32Array(5).fill(0.25)]]);
  const stepFrom = (epochs: number): Promise<Map<string, Float32Array>> => withTrainer(device(), config, async (trainer) => {
    if (epochs > 0) await fitAll(trainer, data, { epochs });
    await trainer.setParameters(given);
    await fitAll(trainer, data, { epochs: epochs + 1 });
    return trainer.parameters();
  });
  const [late, fresh] = [await stepFrom(5), await stepFrom(0)];
  for (const [name, values] of late) values.forEach((w, i) => expect(w, name).toBeCloseTo(fresh.get(name)![i]!, 5));
  expect(fresh).not.toEqual(given);
});
