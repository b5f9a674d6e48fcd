/** A fit that ends before its first step, by whatever way, leaves the trainer as it was to the last bit. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { ClassDataset } from '../../src/data/dataset.ts';
import { openDevice } from '../../src/device/index.ts';
import { WrongResultError } from '../../src/errors.ts';
import { ema } from '../../src/model/averaging.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { cosine, plateau } from '../../src/model/schedules/index.ts';
import type { FitOptions } from '../../src/train/fit-options.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import type { Trainer } from '../../src/train/trainer.ts';
import { fitAll, smallConfig, smallData, tensorBits, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { FaultyDevice } from '../faults/faulty-device.ts';
import { zeroAll } from '../faults/wgsl.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const train = trainingData(), validation = validationData();
const config = (changes: Partial<TrainerConfig> = {}): TrainerConfig =>
  smallConfig({ optimizer: sgd({ learningRate: cosine(0.1) }), replicas: [{}, { seed: 5 }], ...changes });

/** All that a trainer says of itself, and all that it saves. */
const everything = async (trainer: Trainer) =>
  ({ bytes: await trainer.save(), step: trainer.step, epoch: trainer.epoch, best: trainer.best, config: trainer.config, memory: trainer.memory() });

const anything = <T>(value: unknown): T => value as T;
const refused = (data: ClassDataset, options: FitOptions) => (trainer: Trainer): Promise<unknown> =>
  fitAll(trainer, data, options).then(() => { throw new Error('It was not refused.'); }, (error: unknown) => error);

/** Ways for a fit of nine epochs to end before its first step. */
const ways: Record<string, (trainer: Trainer) => Promise<unknown>> = {
  'an option that is none': refused(train, { epochs: 9, steps: 0 }),
  'a signal that is none': refused(train, { epochs: 9, signal: anything({}) }),
  'data that is none': refused(anything({}), { epochs: 9 }),
  'data of another width': refused(smallData(45, { width: 14 }), { epochs: 9 }),
  'a validation set of another width': refused(train, { epochs: 9, horizon: 9, validation: smallData(21, { width: 14 }), keepBest: 'accuracy' }),
  'no validation set to choose by': refused(train, { epochs: 9, earlyStopping: { patience: 1 } }),
  'a data set that does not fit': refused(smallData(60_000), { epochs: 9, horizon: 9, validation, keepBest: 'accuracy' }),
  'a validation set that does not fit': refused(train, { epochs: 9, horizon: 9, validation: smallData(60_000), keepBest: 'accuracy' }),
  'a signal that was aborted': (trainer) => fitAll(trainer, train, { epochs: 9, horizon: 9, validation, signal: AbortSignal.abort() }),
  'a signal that is aborted while data are uploaded': async (trainer) => {
    const controller = new AbortController();
    const ended = fitAll(trainer, smallData(45, { id: 8 }), { epochs: 9, horizon: 9, signal: controller.signal });
    controller.abort();
    expect(await ended).toEqual([]);
  },
  'a consumer that left before the first epoch was asked for': (trainer) => trainer.fit(train, { epochs: 9, horizon: 9 }).return(undefined),
  'steps that are done': (trainer) => fitAll(trainer, train, { epochs: 9, horizon: 9, steps: 1 }),
};

/** Room for two small data sets more, not for 60 000 samples. */
async function limited(): Promise<TrainerConfig> {
  const bytes = await withTrainer(device(), config(), async (trainer) => trainer.memory().total);
  return config({ memoryBudgetBytes: bytes + 100_000 });
}

/** The same trainer, asked again and again; what it holds on the GPU may have grown by data sets. */
async function expectUntouched(trainer: Trainer, names: readonly string[]): Promise<void> {
  const { memory: _memory, ...before } = await everything(trainer);
  for (const name of names) {
    await ways[name]!(trainer);
    const { memory: _now, ...after } = await everything(trainer);
    expect(after, name).toEqual(before);
  }
}

describe('a fit that ends before its first step leaves no trace', () => {
  test('in a new trainer, whose first training is then the undisturbed one', async () => {
    const options = { epochs: 2, validation };
    const want = await withTrainer(device(), config(), async (trainer) => [await fitAll(trainer, train, options), await tensorBits(trainer)]);
    await withTrainer(device(), await limited(), async (trainer) => {
      await expectUntouched(trainer, Object.keys(ways).filter((name) => name !== 'steps that are done'));
      const history = await fitAll(trainer, train, options);
      // Loshchilov and Hutter 2017, eq. 5, at the last of twelve steps.
      expect(history[1]!.learningRate).toBeCloseTo((0.1 * (1 + Math.cos((11 * Math.PI) / 12))) / 2, 15);
      expect([history, await tensorBits(trainer)]).toEqual(want);
    });
  });

  test('in one that has stopped early, with its best weights', async () => {
    await withTrainer(device(), await limited(), async (trainer) => {
      await fitAll(trainer, train, { epochs: 4, validation, earlyStopping: { patience: 1, minimumChange: 10, restoreBest: false } });
      expect(trainer.epoch).toBe(2); // The first epoch is the best one, the second no better by 10.
      await expectUntouched(trainer, Object.keys(ways));
    });
  });

  test('in the middle of an epoch, and of a plateau without a validation set', async () => {
    await withTrainer(device(), await limited(), async (trainer) => {
      await fitAll(trainer, train, { epochs: 2, steps: 8 });
      trainer.set({ learningRate: plateau(0.1) });
      const before = await everything(trainer);
      await refused(train, { epochs: 9 })(trainer);
      trainer.set({ learningRate: cosine(0.1) });
      await refused(train, { epochs: 9 })(trainer);
      await refused(smallData(44), { epochs: 2, validation, keepBest: 'loss' })(trainer);
      const after = await everything(trainer);
      expect({ ...after, bytes: 0 }).toEqual({ ...before, bytes: 0, memory: after.memory });
      await expectUntouched(trainer, Object.keys(ways));
    });
  });

  test('where the first steps diverge', () => withTrainer(device(), config({ optimizer: sgd({ learningRate: 1e38 }), replicas: [{}] }), async (trainer) => {
    const before = await everything(trainer);
    const error = await refused(train, { epochs: 9, stepsPerSubmit: 8 })(trainer);
    expect(error).toMatchObject({ name: 'NonFiniteError' });
    const { memory: _memory, ...after } = await everything(trainer);
    expect(after).toEqual({ ...before, memory: undefined });
    // The advice is followed.
    trainer.set({ learningRate: cosine(0.1) });
    expect((await fitAll(trainer, train, { epochs: 1 }))[0]!.horizon).toBe(6);
  }));
});

/** A way of ending in the middle of the self-test, which is on by default. */
const inTheSelfTest: Record<string, (trainer: Trainer, faulty: FaultyDevice) => Promise<void>> = {
  'the self-test refuses': async (trainer, faulty) => {
    faulty.inject(({ kernel }) => kernel === 'dense-weight-gradient', ({ run, site }) => run({ code: zeroAll(site.code) }));
    expect(await refused(train, { epochs: 9, horizon: 9, validation, keepBest: 'loss' })(trainer)).toBeInstanceOf(WrongResultError);
  },
  'a signal that is aborted during the self-test': async (trainer, faulty) => {
    const controller = new AbortController();
    faulty.inject(() => true, ({ run }) => {
      controller.abort(); // Nothing but the self-test has run so far.
      run();
    });
    expect(await fitAll(trainer, train, { epochs: 9, horizon: 9, validation, keepBest: 'loss', signal: controller.signal })).toEqual([]);
    expect(faulty.hits).toBeGreaterThan(0);
  },
};

describe('with the self-test, as it is by default, a fit that ends in it leaves no trace', () => {
  const own = config({ model: sequential([13], [dense(8), relu(), dense(5)]), fusion: 'none', replicas: [{}], averaging: ema(0.9), verify: 'once' });
  beforeAll(() => { process.env['XDG_CACHE_HOME'] = '/dev/null'; }); // What was found once is not remembered.

  test.each([0, 3])('after %i steps, and the training is then the undisturbed one', async (steps) => {
    const faulty = new FaultyDevice(device().gpu), wrapped = await openDevice({ device: faulty.gpu });
    const options = { epochs: 2, validation };
    const want = await withTrainer(device(), { ...own, verify: 'off' }, async (trainer) => [await fitAll(trainer, train, options), await tensorBits(trainer)]);
    await withTrainer(wrapped, own, async (trainer) => {
      if (steps > 0) await fitAll(trainer, train, { ...options, steps });
      const { memory: _memory, ...before } = await everything(trainer);
      for (const [name, way] of Object.entries(inTheSelfTest)) {
        wrapped.verified.clear();
        await way(trainer, faulty);
        faulty.heal();
        const { memory: _now, ...after } = await everything(trainer);
        expect(after, name).toEqual(before);
      }
      expect([await fitAll(trainer, train, options), await tensorBits(trainer)]).toEqual(want);
    });
  });
});
