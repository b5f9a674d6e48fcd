/** A data set whose parts the caller replaces after it was used: what counts is what it holds when it is used. */
import { expect, test } from 'vitest';
import type { ClassDataset } from '../../src/data/dataset.ts';
import { fitAll, smallConfig, smallData, tensorBits, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();

type Mutable = { -readonly [Name in keyof ClassDataset]: ClassDataset[Name] };
const other = smallData(21, { id: 3 });

const REPLACED: Readonly<Record<string, Partial<ClassDataset>>> = {
  arrays: { inputs: other.inputs, targets: other.targets }, inputs: { inputs: other.inputs }, targets: { targets: other.targets },
  'another size': { inputs: trainingData().inputs, targets: trainingData().targets, length: 45 }, scale: { scale: 0.5 }, offset: { offset: -3 },
};

test.each(Object.entries(REPLACED))('evaluate sees what was put into a data set: %s', async (_, changes) => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    const data: Mutable = { ...validationData() }, before = await trainer.evaluate(data);
    Object.assign(data, changes);
    const after = await trainer.evaluate(data);
    expect(after).toEqual(await trainer.evaluate({ ...data }));
    expect(after).not.toEqual(before);
  });
});

test('training and validation see it, from the next epoch of validation and the next fit on', async () => {
  const run = (isReplaced: boolean) => withTrainer(device(), smallConfig(), async (trainer) => {
    const data: Mutable = { ...trainingData() }, validation: Mutable = { ...validationData() }, history = [await fitAll(trainer, data, { epochs: 1, horizon: 2, validation })];
    Object.assign(data, { inputs: data.inputs.toReversed() });
    Object.assign(validation, { inputs: other.inputs, targets: other.targets });
    const next = isReplaced ? [data, validation] as const : [{ ...data }, { ...validation }] as const;
    history.push(await fitAll(trainer, next[0], { epochs: 2, validation: next[1] }));
    return [history, await tensorBits(trainer)];
  });
  expect(await run(true)).toEqual(await run(false));
});

test('what was put in is checked; equal numbers elsewhere in memory give what was given before', async () => {
  await withTrainer(device(), smallConfig(), async (trainer) => {
    const data: Mutable = { ...validationData() }, before = await trainer.evaluate(data);
    data.targets = Uint32Array.of(1);
    await expect(trainer.evaluate(data)).rejects.toThrow('small data: 1 targets and shape [13] want 13 input values');
    Object.assign(data, { targets: validationData().targets, length: 20 });
    await expect(trainer.evaluate(data)).rejects.toThrow('its length is 21, not 20');
    data.length = 21;
    expect(await trainer.evaluate(data)).toEqual(before);
  });
});
