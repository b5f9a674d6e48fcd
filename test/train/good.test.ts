/** What is put back after a divergence, and whether it is called good: weights that gave a loss of use, or none. */
import { expect, test } from 'vitest';
import { NonFiniteError } from '../../src/errors.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import type { Evaluation } from '../../src/train/events.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { fitAll, smallConfig, STEPS_PER_EPOCH, tensorBits, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const model = sequential([13], [dense(11), relu(), dense(7), relu(), dense(5)]);
const config = (learningRate: number) => smallConfig({ model, optimizer: sgd({ learningRate }) });

const failureOf = (trainer: Trainer, options: Parameters<typeof fitAll>[2]): Promise<NonFiniteError> =>
  fitAll(trainer, trainingData(), options).then(() => { throw new Error('It trained.'); }, (error: unknown) => {
    expect(error).toBeInstanceOf(NonFiniteError);
    return error as NonFiniteError;
  });
const evaluate = async (trainer: Trainer): Promise<Evaluation> => (await trainer.evaluate(trainingData())) as Evaluation;

// Of which a first forward pass, before any update, gives no finite loss; the second set has no number that is not finite.
const USELESS: [string, number][] = [['NaN that was let in', NaN], ['numbers whose products overflow', 3e38]];

test.each(USELESS)('%s are not called good, and stay as they were set or loaded; the advice works', (_, value) => withTrainer(device(), config(0.05), async (trainer) => {
  await fitAll(trainer, trainingData(), { epochs: 1 });
  const good = await trainer.parameters();
  await trainer.setParameters(new Map([['layers.0.weight', good.get('layers.0.weight')!.map(() => value)]]), { nonFinite: 'allow' });
  const before = await trainer.parameters();
  const loaded = await Trainer.load(device(), await trainer.save({ nonFinite: 'allow' }), { nonFinite: 'allow' });
  for (const one of [trainer, loaded]) {
    const error = await failureOf(one, { epochs: 3 });
    expect(error.message).not.toContain('good');
    expect(error.message).toContain(`Before that step, too, the weights gave no loss of use (a number of at most 2^24), and none that do are known: those that this fit began with, at step ${STEPS_PER_EPOCH}, are as they were.`);
    expect([error.goodStep, one.step]).toEqual([undefined, STEPS_PER_EPOCH]);
    expect(await one.parameters()).toEqual(before);
    // No accuracy is made up.
    expect(await evaluate(one)).toEqual({ loss: NaN, accuracy: NaN });
    one.set({ learningRate: 1e-9 });
    await failureOf(one, { epochs: 3 }); // As it says.
    await one.setParameters(good);
    expect((await fitAll(one, trainingData(), { epochs: 3 })).length).toBe(2);
  }
  loaded.destroy();
}));

for (const rate of [1e15, 1e20]) {
  test.each([1, 2, STEPS_PER_EPOCH])(`rate ${rate}, %i steps per submit: weights that are finite and of no use are not put back`, (stepsPerSubmit) => withTrainer(device(), config(rate), async (trainer) => {
    const initial = await tensorBits(trainer), { loss } = await evaluate(trainer);
    const error = await failureOf(trainer, { epochs: 3, stepsPerSubmit });
    expect(error.message).toContain('The weights of step 0, the last good ones, were put back.');
    expect([error.goodStep, trainer.step, trainer.epoch]).toEqual([0, 0, 0]);
    expect(await tensorBits(trainer)).toEqual(initial);
    expect((await evaluate(trainer)).loss).toBe(loss);
    trainer.set({ learningRate: 0.05 });
    expect((await fitAll(trainer, trainingData(), { epochs: 3 })).at(-1)!.loss).toBeLessThan(loss);
  }));
}

test('losses that are large and tell something, 2^24 at most, are those of good weights', () => withTrainer(device(), smallConfig({ model: sequential([13], [dense(5)]), optimizer: sgd({ learningRate: 0 }) }), async (trainer) => {
  const bias = (size: number) => new Map([['layers.0.weight', new Float32Array(65)], ['layers.0.bias', Float32Array.of(size, 0, 0, 0, 0)]]);
  for (const [size, isGood] of [[2 ** 24, true], [2 ** 25, false]] as const) {
    await trainer.setParameters(bias(size)); // A sample of another class has this loss.
    await fitAll(trainer, trainingData(), { epochs: trainer.epoch + 1 });
    const { step } = trainer;
    trainer.set({ learningRate: 1e38 });
    const error = await failureOf(trainer, { epochs: trainer.epoch + 1, stepsPerSubmit: STEPS_PER_EPOCH });
    expect(error.goodStep).toBe(isGood ? step : undefined);
    trainer.set({ learningRate: 0 });
  }
}));

const skipping = (learningRate: number, replicas = [{}]) => smallConfig({ model, optimizer: sgd({ learningRate }), onNonFinite: 'skip', fusion: 'none', replicas });

test("'skip': an epoch in which every update was left out is an error, and the last good weights are put back", () => withTrainer(device(), skipping(1e30), async (trainer) => {
  const initial = await tensorBits(trainer);
  const error = await failureOf(trainer, { epochs: 4, validation: validationData() });
  expect(error.message).toBe(`Step ${2 * STEPS_PER_EPOCH - 1}: no gradient since the epoch began was finite, and every update was left out. ` +
    'The weights of step 0, the last good ones, were put back. Try a smaller learning rate; check the data for NaN and infinity.');
  expect(error).toMatchObject({ tensor: '', goodStep: 0 });
  expect([trainer.step, trainer.epoch]).toEqual([0, 0]);
  expect(await tensorBits(trainer)).toEqual(initial);
  trainer.set({ learningRate: 0.05 });
  const history = await fitAll(trainer, trainingData(), { epochs: 2 });
  // As if nothing had been tried before.
  await withTrainer(device(), skipping(0.05), async (fresh) => {
    expect(history).toEqual(await fitAll(fresh, trainingData(), { epochs: 2 }));
    expect(await tensorBits(trainer)).toEqual(await tensorBits(fresh));
  });
}));

test("'skip': the same where the epoch was cut by saving and loading", () => withTrainer(device(), skipping(1e30), async (trainer) => {
  await fitAll(trainer, trainingData(), { epochs: 4, steps: STEPS_PER_EPOCH + 2 });
  const loaded = await Trainer.load(device(), await trainer.save());
  const error = await failureOf(loaded, { epochs: 4 });
  expect(error).toMatchObject({ step: 2 * STEPS_PER_EPOCH - 1, tensor: '', goodStep: undefined });
  expect(error.message).toContain('No learning rate helps.');
  loaded.destroy();
}));

test("'skip': a replica that left out every update of an epoch is frozen, the others train on", () => withTrainer(device(), skipping(0.05, [{}, { learningRate: 1e30 }]), async (trainer) => {
  const history = await fitAll(trainer, trainingData(), { epochs: 3 });
  expect(history.map(({ replicas }) => replicas.map(({ diverged }) => diverged?.step))).toEqual([
    [undefined, undefined], [undefined, 2 * STEPS_PER_EPOCH - 1], [undefined, 2 * STEPS_PER_EPOCH - 1],
  ]);
  expect(history[2]!.loss).toBeLessThan(history[0]!.loss);
}));
