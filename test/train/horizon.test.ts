/** What schedules count to: said by `fit`, refused where it would be guessed, and the same after loading. */
import { describe, expect, test } from 'vitest';
import type { ClassDataset } from '../../src/data/dataset.ts';
import { InputError } from '../../src/errors.ts';
import { dense, dropout } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import { l1, l2 } from '../../src/model/regularizers.ts';
import { cosine, custom, exponential, oneCycle, plateau, polynomial, stepDecay, warmUp, type Schedule } from '../../src/model/schedules/index.ts';
import { begun } from '../../src/train/begin.ts';
import type { Engine } from '../../src/train/engine.ts';
import type { FitOptions } from '../../src/train/fit-options.ts';
import { prepare } from '../../src/train/prepare.ts';
import type { Resident } from '../../src/train/residents.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { initialState, type TrainingState } from '../../src/train/training-state.ts';
import { fitAll, OPTIMIZERS, smallConfig, smallData, STEPS_PER_EPOCH, trainingData, validationData, withTrainer, type History } from '../cases/network/support.ts';
import { expectSameWhenCut } from './checkpoints.ts';
import { useDevice } from './device.ts';

const RATE = 0.1;
/** Loshchilov and Hutter 2017, eq. 5, with its end at 0. */
const cosineAt = (step: number, steps: number): number => (RATE * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps))) / 2;
const withRate = (learningRate: Schedule) => smallConfig({ optimizer: sgd({ learningRate }) });

const messageOf = (work: Promise<unknown>): Promise<string> => work.then(() => { throw new Error('Nothing was refused.'); }, (error: unknown) => {
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
});

describe('what a fit counts to', () => {
  /** Of a training over 45 samples, six steps an epoch, that was asked for two epochs and has done `step` steps. */
  const after = (step: number, changes: Partial<TrainingState> = {}): TrainingState => ({
    ...initialState(1), step, epoch: Math.floor(step / 6), batch: step % 6, samples: 45, horizon: 12, ...changes,
  });
  const engineOf = (optimizer: Optimizer, layers = [dense(5)]): Engine => {
    const { build, settings } = prepare(smallConfig({ model: sequential([13], layers), optimizer }), 'software');
    return { build, settings, writeSkipped() {}, clearFlags() {} } as unknown as Engine;
  };
  const ask = (optimizer: Optimizer, state: TrainingState, options: FitOptions, samples = 45, layers = [dense(5)]): Promise<number> =>
    begun(engineOf(optimizer, layers), state, options, { data: { length: samples }, format: { format: 'u8' } } as Resident, Math.ceil(samples / 8)).then(({ horizon }) => horizon);

  const counting: Record<string, [name: string, Optimizer, layers?: Parameters<typeof sequential>[1]]> = {
    cosine: ['learningRate', sgd({ learningRate: cosine(RATE) })],
    'one-cycle': ['learningRate', sgd({ learningRate: oneCycle(RATE) })],
    polynomial: ['learningRate', sgd({ learningRate: polynomial(RATE) })],
    'a warm-up before a cosine': ['learningRate', sgd({ learningRate: warmUp(cosine(RATE), { steps: 3 }) })],
    'a function that looks at the horizon': ['learningRate', sgd({ learningRate: custom('line', (step, steps) => Math.max(0, 1 - step / steps)) })],
    'a function that fails on other horizons': ['learningRate', sgd({ learningRate: custom('line', (step, steps) => (steps === 24 && step > 20 ? NaN : 1)) })],
    momentum: ['momentum', sgd({ learningRate: RATE, momentum: polynomial(0.5, { final: 0.9 }) })],
    'weight decay': ['weightDecay', sgd({ learningRate: RATE, weightDecay: cosine(0.1) })],
    'the strength of a penalty': ['l1', sgd({ learningRate: RATE, regularizers: [l1(polynomial(1e-3)), l2(1e-3)] })],
    dropout: ['dropout', sgd({ learningRate: RATE }), [dropout(polynomial(0.5) as unknown as number), dense(5)]],
  };
  const indifferent: Record<string, Optimizer> = {
    constants: sgd({ learningRate: RATE, momentum: 0.9, regularizers: [l1(1e-3)] }),
    'falls every so many steps': sgd({ learningRate: stepDecay(RATE, { every: 4 }) }),
    'falls at steps': sgd({ learningRate: stepDecay(RATE, { milestones: [5, 20] }) }),
    exponential: sgd({ learningRate: exponential(RATE, { factor: 0.9 }) }),
    'polynomial of its own length': sgd({ learningRate: polynomial(RATE, { steps: 30 }) }),
    'cosine with restarts': sgd({ learningRate: cosine(RATE, { restarts: { firstPeriod: 5 } }) }),
    plateau: sgd({ learningRate: plateau(RATE) }),
    'a warm-up before a constant': sgd({ learningRate: warmUp(RATE, { steps: 20 }) }),
    'a function of the step': sgd({ learningRate: custom('falls', (step) => 1 / (1 + step)) }),
  };

  test.each(Object.entries(counting))('%s: more epochs are refused by the name of the hyperparameter, until it is said', async (_, [name, optimizer, layers]) => {
    for (const done of [3, 6, 12]) {
      const go = (options: Omit<FitOptions, 'epochs'>): Promise<number> => ask(optimizer, after(done), { epochs: 4, ...options }, 45, layers as never);
      expect(await messageOf(go({}))).toBe(`fit: the schedule of ${name} counts to a horizon of 12 steps, and epoch 4 ends after 24: beyond the horizon it would stay at its final value. ` +
        "Give horizon: 4 to let schedules count to the end of epoch 4 from here on, or horizon: 'keep' to leave them as they are.");
      expect(await go({ horizon: 4 })).toBe(24);
      expect(await go({ horizon: 'keep' })).toBe(12);
      expect(await go({ horizon: 2 })).toBe(12);
      expect(await go({ horizon: 3 })).toBe(18);
    }
  });

  test.each(Object.entries(indifferent))('%s: the horizon follows the epochs, no choice is asked for', async (_, optimizer) => {
    const validation = validationData();
    expect(await ask(optimizer, after(12), { epochs: 4, validation })).toBe(24);
    expect(await ask(optimizer, after(12), { epochs: 4, validation }, 100)).toBe(12 + 2 * 13);
    expect(await ask(optimizer, after(6), { epochs: 2, validation }, 8)).toBe(12);
    expect(await ask(optimizer, after(3, { horizon: 600 }), { epochs: 5, validation })).toBe(600);
  });

  test('the same epochs go on as they were begun', async () => {
    const [, optimizer] = counting['cosine']!;
    for (const done of [1, 6, 11, 12]) expect(await ask(optimizer, after(done), { epochs: 2 })).toBe(12);
    expect(await ask(optimizer, after(0, { horizon: 0, samples: 0 }), { epochs: 5 })).toBe(30);
    expect(await ask(optimizer, after(0, { horizon: 0, samples: 0 }), { epochs: 5, horizon: 3 })).toBe(18);
    expect(await ask(optimizer, after(0, { horizon: 0, samples: 0 }), { epochs: 5, horizon: 'keep' })).toBe(30);
  });

  test.each(Object.entries(counting).filter(([kind]) => kind !== 'a function that fails on other horizons'))('%s: fewer epochs are refused, unless the horizon was said', async (_, [name, optimizer, layers]) => {
    const begun = (done: number, isHorizonSaid = false) => after(done, { horizon: 600, isHorizonSaid });
    const go = (state: TrainingState, options: Partial<FitOptions> = {}): Promise<number> => ask(optimizer, state, { epochs: 5, ...options }, 45, layers as never);
    for (const done of [1, 3, 6]) {
      expect(await messageOf(go(begun(done)))).toBe(`fit: the schedule of ${name} counts to a horizon of 600 steps, and epoch 5 ends after 30: it would not come to its final value. ` +
        "Give horizon: 5 to let schedules count to the end of epoch 5 from here on, or horizon: 'keep' to leave them as they are.");
      expect(await go(begun(done), { horizon: 5 })).toBe(30);
      expect(await go(begun(done), { horizon: 'keep' })).toBe(600);
      // Pieces of a training whose horizon was said.
      expect(await go(begun(done, true))).toBe(600);
      expect(await messageOf(go(begun(done, true), { epochs: 101 }))).toContain('beyond the horizon');
    }
  });

  test('another training set: a larger one ends beyond the horizon, a smaller one before it', async () => {
    const [, optimizer] = counting['cosine']!;
    const larger = ask(optimizer, after(6), { epochs: 2 }, 80), smaller = ask(optimizer, after(6), { epochs: 2 }, 16);
    expect(await messageOf(larger)).toContain('epoch 2 ends after 16: beyond the horizon');
    expect(await messageOf(smaller)).toContain('epoch 2 ends after 8: it would not come to its final value. Give horizon: 2 ');
    expect(await ask(optimizer, after(6), { epochs: 2, horizon: 2 }, 80)).toBe(16);
    expect(await ask(optimizer, after(6), { epochs: 2, horizon: 2 }, 16)).toBe(8);
    expect(await ask(optimizer, after(6), { epochs: 2, horizon: 'keep' }, 16)).toBe(12);
    // Gone on with: the choice was made.
    expect(await ask(optimizer, after(7, { epoch: 1, batch: 1, samples: 16, horizon: 8 }), { epochs: 2 }, 16)).toBe(8);
  });

  test('an epoch that is over is no horizon, but the one there is', async () => {
    const [, optimizer] = counting['cosine']!;
    expect(await messageOf(ask(optimizer, after(13), { epochs: 4, horizon: 1 })))
      .toBe("fit: horizon 1 is an epoch that is over: 13 steps are done. Give 4, the last epoch to come, or 'keep' to leave the horizon at 12 steps.");
    expect(await ask(optimizer, after(13), { epochs: 4, horizon: 2 })).toBe(12);
  });
});

const device = useDevice();
const rates = (history: History): number[] => history.map(({ learningRate }) => learningRate);

describe('fewer epochs than were begun', () => {
  /** Of a hundred epochs that were asked for, three steps. */
  const begun = <T>(options: Partial<FitOptions>, work: (trainer: Trainer) => Promise<T>): Promise<T> => withTrainer(device(), withRate(cosine(RATE)), async (trainer) => {
    await fitAll(trainer, trainingData(), { epochs: 100, steps: 3, ...options });
    return work(trainer);
  });
  const END = 5 * STEPS_PER_EPOCH;

  test('are refused, leave no trace, and both ways of the message work', () => begun({}, async (trainer) => {
    const before = await trainer.save();
    const message = await messageOf(fitAll(trainer, trainingData(), { epochs: 5 }));
    expect(await trainer.save()).toEqual(before);
    const [epoch, word] = [Number(/horizon: (\d+)/.exec(message)![1]), /horizon: '(\w+)'/.exec(message)![1]];
    const kept = await Trainer.load(device(), before);
    expect(rates(await fitAll(kept, trainingData(), { epochs: 5, horizon: word as 'keep' })).at(-1)).toBeCloseTo(cosineAt(END - 1, 100 * STEPS_PER_EPOCH), 15);
    kept.destroy();
    expect(rates(await fitAll(trainer, trainingData(), { epochs: 5, horizon: epoch })).at(-1)).toBeCloseTo(cosineAt(END - 1, END), 15);
  }));

  test('need no word where the horizon was said, also after loading', () => begun({ epochs: 1, horizon: 5 }, async (trainer) => {
    await fitAll(trainer, trainingData(), { epochs: 2 });
    const loaded = await Trainer.load(device(), await trainer.save());
    const history = await fitAll(loaded, trainingData(), { epochs: 4 });
    expect(rates(history)).toEqual([17, 23].map((step) => expect.closeTo(cosineAt(step, END), 15)));
    expect(rates(await fitAll(loaded, trainingData(), { epochs: 5 }))).toEqual([expect.closeTo(cosineAt(END - 1, END), 15)]);
    loaded.destroy();
  }));

  test('the same number goes on after an abort', () => begun({}, async (trainer) => {
    expect((await fitAll(trainer, trainingData(), { epochs: 100, steps: STEPS_PER_EPOCH }))[0]!.horizon).toBe(100 * STEPS_PER_EPOCH);
  }));
});

/** A training of two epochs under a cosine that is done, and then what `work` does. */
const finished = <T>(work: (trainer: Trainer) => Promise<T>): Promise<T> => withTrainer(device(), withRate(cosine(RATE)), async (trainer) => {
  const history = await fitAll(trainer, trainingData(), { epochs: 2 });
  // The rate of an epoch's last step.
  expect(rates(history)).toEqual([5, 11].map((step) => expect.closeTo(cosineAt(step, 12), 15)));
  expect(history.map(({ horizon }) => horizon)).toEqual([12, 12]);
  return work(trainer);
});

describe('a finished schedule with more epochs', () => {
  test('is refused, and both ways the message gives work', () => finished(async (trainer) => {
    const before = await trainer.save();
    const message = await messageOf(fitAll(trainer, trainingData(), { epochs: 4 }));
    expect(await trainer.save()).toEqual(before);
    const [epoch, word] = [Number(/horizon: (\d+)/.exec(message)![1]), /horizon: '(\w+)'/.exec(message)![1]];
    const kept = await Trainer.load(device(), before);
    expect(rates(await fitAll(kept, trainingData(), { epochs: 4, horizon: word as 'keep' }))).toEqual([0, 0]);
    kept.destroy();
    const stretched = await fitAll(trainer, trainingData(), { epochs: 4, horizon: epoch });
    expect(rates(stretched)).toEqual([17, 23].map((step) => expect.closeTo(cosineAt(step, 24), 15)));
    expect(stretched.map(({ horizon }) => horizon)).toEqual([24, 24]);
    // The horizon is saved: nothing is left to be said.
    const loaded = await Trainer.load(device(), await trainer.save());
    expect(await fitAll(loaded, trainingData(), { epochs: 4 })).toEqual([]);
    loaded.destroy();
  }));

  test('is refused over a larger set', () => finished(async (trainer) => {
    expect(await messageOf(fitAll(trainer, smallData(90), { epochs: 3 }))).toContain('epoch 3 ends after 24');
    const [epoch] = await fitAll(trainer, smallData(90), { epochs: 3, horizon: 3 });
    expect(epoch!.learningRate).toBeCloseTo(cosineAt(23, 24), 15);
  }));

  test('set in the middle, it is refused as well', () => withTrainer(device(), withRate(RATE), async (trainer) => {
    await fitAll(trainer, trainingData(), { epochs: 1 });
    const [second] = await fitAll(trainer, trainingData(), { epochs: 2 }); // Constants need no choice.
    expect(second!.horizon).toBe(12);
    trainer.set({ learningRate: cosine(RATE) });
    expect(await messageOf(fitAll(trainer, trainingData(), { epochs: 3 }))).toContain('learningRate counts to a horizon of 12 steps');
  }));

  test.each([['stretched', 4], ['kept', 'keep']] as const)('%s and cut, history and bits equal the uncut run', async (_, horizon) => {
    // Momentum and a strength follow the horizon too; cumulative L1 sums the rates up.
    const optimizer = sgd({
      learningRate: oneCycle(RATE), momentum: polynomial(0.5, { final: 0.9 }), regularizers: [l1(cosine(1e-3), { rule: 'cumulative' })],
    });
    const begun = await withTrainer(device(), smallConfig({ optimizer, replicas: [{}, { seed: 9 }] }), async (trainer) => {
      await fitAll(trainer, trainingData(), { epochs: 2 });
      return trainer.save();
    });
    const options: FitOptions = { epochs: 4, horizon, validation: validationData() };
    const run = async (cuts: readonly number[]): Promise<[History, Uint8Array]> => {
      let trainer = await Trainer.load(device(), begun);
      const history: History[number][] = [];
      for (const steps of cuts) {
        history.push(...(await fitAll(trainer, trainingData(), { ...options, steps })));
        const bytes = await trainer.save();
        trainer.destroy();
        trainer = await Trainer.load(device(), bytes);
      }
      history.push(...(await fitAll(trainer, trainingData(), options)));
      const bytes = await trainer.save();
      trainer.destroy();
      return [history, bytes];
    };
    const want = await run([]);
    expect(want[0].map(({ epoch }) => epoch)).toEqual([3, 4]);
    for (const cuts of [[13], [18], [15, 22]]) expect(await run(cuts), `cut at ${cuts}`).toEqual(want);
  });
});

test('a horizon before the last epoch is part of the training, cut or not, with the self-test as it is by default', async () => {
  const train: ClassDataset = trainingData();
  const end = await expectSameWhenCut(device(), { config: smallConfig({ optimizer: OPTIMIZERS['momentum']!(), verify: 'once' }), train, options: { epochs: 3, horizon: 2 } }, [3, STEPS_PER_EPOCH, 14]);
  expect(rates(end.history)).toEqual([5, 11, 17].map((step) => expect.closeTo(cosineAt(step, 12) / 2, 15)));
});
