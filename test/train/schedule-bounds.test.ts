/** A schedule function that fails in the middle of a fit: the submit it was asked for is never sent, and training can go on. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { l1 } from '../../src/model/regularizers.ts';
import { custom, type ScheduleFunction } from '../../src/model/schedules/index.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, smallConfig, tensorBits, trainingData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const data = trainingData(), options = { epochs: 3, stepsPerSubmit: 2 };
const own = new Error('mine');

const configFor = (rate: ScheduleFunction) =>
  smallConfig({ optimizer: sgd({ learningRate: custom('mine', rate), momentum: 0.9, regularizers: [l1(1e-3, { rule: 'cumulative' })] }), replicas: [{}, { seed: 5 }] });
const failure = (trainer: Trainer): Promise<unknown> => fitAll(trainer, data, options).then(() => 'It was not refused.', (error: unknown) => error);

/** Goes on with another learning rate: the bits at the end. */
async function gone(trainer: Trainer): Promise<unknown> {
  trainer.set({ learningRate: 0.05 });
  await fitAll(trainer, data, options);
  return [trainer.step, await tensorBits(trainer)];
}

const wanted = (step: number): Promise<unknown> => withTrainer(device(), configFor(() => 0.1), async (trainer) => {
  if (step > 0) await fitAll(trainer, data, { ...options, steps: step });
  return gone(trainer);
});

const throws = (): number => { throw own; };
const KINDS: [string, () => unknown, RegExp][] = [
  ['is below 0', () => -1, /"mine" gave -1 at step \d+ of 18: learningRate must be 0 or more/],
  ['is none in f32', () => 1e39, /"mine" gave 1e\+39 at step \d+ of 18: learningRate must be/],
  ['is NaN', () => NaN, /"mine" gave NaN at step \d+ of 18: /],
  ['is text', () => '0.1', /"mine" gave "0\.1" at step \d+ of 18: /],
  ['is an error', throws, /^mine$/],
];

// In the first submit, at the start of the fifth, and in its middle.
describe.each([[1, 0], [8, 8], [9, 8]])('at step %i training stands at step %i', (bad, stands) => {
  test.each(KINDS)('where the value %s: saved, loaded and gone on equals a training that was stopped there', async (_, value, message) => {
    const rate = (step: number): number => (step === bad ? value() as number : 0.1);
    const want = await wanted(stands);
    await withTrainer(device(), configFor(rate), async (trainer) => {
      const error = await failure(trainer);
      if (value === throws) expect(error).toBe(own);
      else expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).toMatch(message);
      expect(trainer.step).toBe(stands);
      expect(((await failure(trainer)) as Error).message).toMatch(message);
      const loaded = await Trainer.load(device(), await trainer.save(), { schedules: { mine: rate } });
      expect(await gone(loaded)).toEqual(want);
      loaded.destroy();
      expect(await gone(trainer)).toEqual(want);
    });
  });
});
