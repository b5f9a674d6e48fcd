/** Where a fit that fails leaves the trainer: where it began, with all of its state; never in the data of another one. */
import { describe, expect, test } from 'vitest';
import { dataset, type ClassDataset } from '../../src/data/dataset.ts';
import { NonFiniteError } from '../../src/errors.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { adam, sgd } from '../../src/model/optimizers/index.ts';
import { cosine, plateau } from '../../src/model/schedules/index.ts';
import { readSafetensors } from '../../src/files/safetensors.ts';
import type { FitOptions } from '../../src/train/fit-options.ts';
import { Trainer } from '../../src/train/trainer.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import type { TrainingState } from '../../src/train/training-state.ts';
import { fitAll, smallConfig, smallData, STEPS_PER_EPOCH, tensorBits, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const train = trainingData(), validation = validationData();
const model = sequential([13], [dense(11), relu(), dense(7), relu(), dense(5)]);
const config = (changes: Partial<TrainerConfig> = {}): TrainerConfig =>
  smallConfig({ model, optimizer: sgd({ learningRate: cosine(0.05), momentum: 0.9 }), ...changes });

/** Samples of which no batch gives a loss of use: NaN, or numbers whose products overflow. */
const useless = (scale = NaN): ClassDataset => {
  const { inputs, targets, width } = smallData(45);
  return dataset({ inputs: Float32Array.from(inputs, (byte) => (byte + 1) * scale), targets, shape: [width], classes: 5, name: 'useless' });
};

const failureOf = (trainer: Trainer, data: ClassDataset, options: FitOptions): Promise<NonFiniteError> =>
  fitAll(trainer, data, options).then(() => { throw new Error('It trained.'); }, (error: unknown) => {
    expect(error).toBeInstanceOf(NonFiniteError);
    return error as NonFiniteError;
  });

const stateOf = async (trainer: Trainer): Promise<TrainingState> =>
  (JSON.parse(readSafetensors(await trainer.save(), 'state').metadata['gradshader.training']!) as { state: TrainingState }).state;

describe('a fit on data of no use, after one that went well, leaves the same bytes', () => {
  const firsts: Record<string, [Partial<TrainerConfig>, FitOptions]> = {
    'epochs without an evaluation': [{}, { epochs: 2 }],
    'one submit an epoch': [{ optimizer: adam({ learningRate: cosine(0.01) }) }, { epochs: 3, stepsPerSubmit: 8 }],
    'an epoch that was cut': [{}, { epochs: 2, steps: 8, stepsPerSubmit: 2 }],
    'best weights': [{}, { epochs: 3, validation, keepBest: 'loss' }],
    'replicas that stopped early': [
      { replicas: [{ learningRate: 0.3 }, { seed: 2 }] }, { epochs: 9, validation, earlyStopping: { patience: 1, minimumChange: 0.02 }, stepsPerSubmit: 8 },
    ],
    'a replica that diverged': [{ replicas: [{}, { learningRate: 1e30 }] }, { epochs: 2, stepsPerSubmit: 4 }],
  };

  test.each(Object.entries(firsts))('%s', (_, [changes, first]) => withTrainer(device(), config(changes), async (live) => {
    await fitAll(live, train, first);
    const before = await live.save(), { best } = live;
    const loaded = await Trainer.load(device(), before, { verify: 'off' });
    for (const trainer of [live, loaded]) {
      for (const scale of [NaN, 1e36]) {
        const { goodStep } = await failureOf(trainer, useless(scale), { epochs: 50, horizon: 50, stepsPerSubmit: 4 });
        expect(goodStep).toBe(trainer === live && first.validation !== undefined ? trainer.step : undefined);
        expect(await trainer.save()).toEqual(before);
        expect(trainer.best).toEqual(best);
      }
    }
    loaded.destroy();
  }));
});

test('the horizon that a fit said is not said where it failed at its first step: the next is refused as without it', () => withTrainer(device(), config(), async (trainer) => {
  await fitAll(trainer, train, { epochs: 2 });
  await failureOf(trainer, useless(), { epochs: 50, horizon: 50 });
  await expect(fitAll(trainer, train, { epochs: 3 })).rejects.toThrow('counts to a horizon of 12 steps, and epoch 3 ends after 18');
}));

test('an evaluation at the end of an epoch shows that weights are good', () => withTrainer(device(), config(), async (trainer) => {
  await fitAll(trainer, train, { epochs: 2, validation, stepsPerSubmit: 8 });
  const bits = await tensorBits(trainer), step = 2 * STEPS_PER_EPOCH;
  const error = await failureOf(trainer, useless(), { epochs: 3, horizon: 3 });
  expect(error.message).toContain(`The weights of step ${step}, the last good ones, were put back.`);
  expect([error.goodStep, trainer.step, trainer.epoch]).toEqual([step, step, 2]);
  expect(await tensorBits(trainer)).toEqual(bits);
}));

/** Whose last submit left weights that are finite and give no loss of use. */
const blown = (work: (trainer: Trainer) => Promise<void>): Promise<void> => withTrainer(device(), config({ optimizer: sgd({ learningRate: 0.05 }) }), async (trainer) => {
  await fitAll(trainer, train, { epochs: 2, steps: 3, stepsPerSubmit: 1 });
  trainer.set({ learningRate: 1e15 });
  await fitAll(trainer, train, { epochs: 2, steps: 4, stepsPerSubmit: 1 });
  expect(trainer.step).toBe(4);
  trainer.set({ learningRate: 0.05 });
  await work(trainer);
});

test('weights that went bad in the last submit of a fit: one that goes on with the same set goes back to the good ones', () => blown(async (trainer) => {
  const error = await failureOf(trainer, train, { epochs: 2 });
  expect([error.goodStep, trainer.step, trainer.epoch]).toEqual([3, 3, 0]);
  expect((await trainer.evaluate(train) as { loss: number }).loss).toBeLessThan(3);
  expect((await fitAll(trainer, train, { epochs: 2 })).length).toBe(2);
}));

test('one over another set does not go back into what was another set\'s, and says that none are good', () => blown(async (trainer) => {
  const before = await trainer.save();
  const error = await failureOf(trainer, smallData(45, { id: 3 }), { epochs: 2 });
  expect(error.goodStep).toBeUndefined();
  expect(error.message).toContain('none that do are known: those that this fit began with, at step 4, are as they were.');
  expect(await trainer.save()).toEqual(before);
}));

test('what an epoch advanced that training goes back over is as it was before it', async () => {
  const schedule = (rate: number) => plateau(rate, { factor: 0.5, patience: 1 });
  const own = config({ optimizer: sgd({ learningRate: schedule(0.05) }), replicas: [{}, { seed: 2 }] });
  const options: FitOptions = { epochs: 8, validation, keepBest: 'loss', stepsPerSubmit: 1 };
  await withTrainer(device(), own, async (trainer) => {
    // The last step of the second epoch is too large: its evaluation sees that, and the next forward pass.
    const onProgress = ({ step }: { step: number }): void => { if (step === 2 * STEPS_PER_EPOCH - 2) trainer.set({ learningRate: schedule(1e15) }); };
    const seen: number[] = [];
    const error = await (async () => { for await (const { epoch } of trainer.fit(train, { ...options, onProgress })) seen.push(epoch); })().catch((thrown: unknown) => thrown as NonFiniteError);
    expect(error).toMatchObject({ name: 'NonFiniteError', goodStep: trainer.step });
    expect(seen).toEqual([1, 2]);
    expect(trainer.epoch).toBe(1);
    const found = [await stateOf(trainer), await tensorBits(trainer)];
    await withTrainer(device(), own, async (undisturbed) => {
      await fitAll(undisturbed, train, { ...options, steps: trainer.step });
      expect(found).toEqual([await stateOf(undisturbed), await tensorBits(undisturbed)]);
    });
  });
});

test('best weights that were kept since are still what their figure says, and are followed by better ones', async () => {
  const options: FitOptions = { epochs: 3, validation, keepBest: 'loss', stepsPerSubmit: 1 };
  await withTrainer(device(), config({ optimizer: sgd({ learningRate: 0.05 }) }), async (trainer) => {
    // From the last step of the first epoch on: its figure is finite, the best so far, and of no use.
    const onProgress = ({ step }: { step: number }): void => { if (step === STEPS_PER_EPOCH - 2) trainer.set({ learningRate: 1e10 }); };
    const { goodStep } = await failureOf(trainer, train, { ...options, onProgress });
    expect([goodStep, trainer.epoch]).toEqual([STEPS_PER_EPOCH - 1, 0]);
    const [best] = trainer.best!;
    expect(best).toMatchObject({ epoch: 1, bad: 0 });
    expect(best!.value).toBeGreaterThan(2 ** 24);
    const loaded = await Trainer.load(device(), await trainer.save({ weights: 'best' }), { verify: 'off' });
    expect(await loaded.evaluate(validation)).toMatchObject({ loss: best!.value });
    loaded.destroy();
    trainer.set({ learningRate: 0.05 });
    const history = await fitAll(trainer, train, options);
    expect(trainer.best![0]!.value).toBe(Math.min(...history.map(({ validation: own }) => own!.loss)));
  });
});

test('an epoch that is no better than one that was gone back over does not take its place', async () => {
  const options: FitOptions = { epochs: 1, validation, keepBest: 'accuracy', stepsPerSubmit: 1 };
  await withTrainer(device(), config({ optimizer: sgd({ learningRate: 0.05 }), seed: 1 }), async (trainer) => {
    const onProgress = ({ step }: { step: number }): void => { if (step === STEPS_PER_EPOCH - 2) trainer.set({ learningRate: 1e10 }); };
    await failureOf(trainer, train, { ...options, epochs: 3, onProgress });
    const [{ value }, weights] = [trainer.best![0]!, await trainer.parameters({ weights: 'best' })];
    trainer.set({ learningRate: 0 });
    const [epoch] = await fitAll(trainer, train, { ...options, horizon: 'keep' });
    expect(epoch!.validation!.accuracy).toBeLessThanOrEqual(value!); // Otherwise this shows nothing.
    expect(trainer.best).toEqual([{ value, epoch: 1, bad: 1 }]);
    expect(await trainer.parameters({ weights: 'best' })).toEqual(weights);
  });
});
