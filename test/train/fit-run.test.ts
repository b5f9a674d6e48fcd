/** What `fit` gives back is a loop over epochs and a promise of the last one, and nothing until it is one of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { dataset, dense, openDevice, sequential, sgd, softmaxCrossEntropy, Trainer, type Device, type Epoch } from '../../src/index.ts';

let device: Device;
beforeAll(async () => { device = await openDevice({ software: 'fallback' }); });
afterAll(() => device.close());

const data = dataset({ inputs: Float32Array.from({ length: 32 }, (_, i) => (i % 4) - 1.5), targets: Array.from({ length: 8 }, (_, i) => i % 2), shape: [4] });

const create = (): Promise<Trainer> => Trainer.create(device, {
  model: sequential([4], [dense(2)]), loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.5 }), batchSize: 4,
});

describe('awaited', () => {
  test('it trains, and gives the last epoch: the same weights as a loop', async () => {
    using looped = await create();
    using awaited = await create();
    const epochs: Epoch[] = [];
    for await (const epoch of looped.fit(data, { epochs: 3 })) epochs.push(epoch);
    const last = await awaited.fit(data, { epochs: 3 });
    expect(awaited.step).toBe(6);
    expect(last?.epoch).toBe(3);
    expect(last?.loss).toBe(epochs[2]!.loss);
    expect(await awaited.hash()).toEqual(await looped.hash());
  });

  test('twice, it trains once; then, catch and finally are those of promises', async () => {
    using trainer = await create();
    const run = trainer.fit(data, { epochs: 1 });
    const seen: unknown[] = [];
    await run.finally(() => seen.push('finally'));
    expect([await run, await run.catch(() => undefined), await run.then((last) => last?.epoch)]).toEqual([await run, await run, 1]);
    expect([trainer.step, seen]).toEqual([2, ['finally']]);
  });

  test('what is wrong rejects it, before anything has run', async () => {
    using trainer = await create();
    await expect(trainer.fit(data, { epochs: -1 })).rejects.toThrow(InputError);
    await expect(trainer.fit(undefined as never, { epochs: 1 })).rejects.toThrow(InputError);
    await expect(trainer.fit(data, undefined as never)).rejects.toThrow(InputError);
    expect(trainer.step).toBe(0);
    expect((await trainer.fit(data, { epochs: 1 }))?.epoch).toBe(1);
  });

  test('stopped before an epoch was done, it gives undefined', async () => {
    using trainer = await create();
    expect(await trainer.fit(data, { epochs: 1, signal: AbortSignal.abort() })).toBeUndefined();
  });
});

describe('awaited with nothing to do', () => {
  const refused = (run: PromiseLike<unknown>): Promise<string> => Promise.resolve(run).then(() => { throw new Error('It trained.'); }, (error: unknown) => {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  });

  test('it says so, and how to train on; a loop is empty, and all is as it was', async () => {
    using trainer = await create();
    await trainer.fit(data, { epochs: 3 });
    const before = await trainer.save();
    const message = await refused(trainer.fit(data, { epochs: 3 }));
    expect(message).toBe('fit: nothing was left to do, so that there is no epoch to give: this training has done 3 epochs, and epochs: 3 is a total since its beginning, ' +
      'not a number of further ones. To train on, give a larger total, epochs: 4 say.');
    expect(await refused(trainer.fit(data, { epochs: 1 }).finally(() => {}))).toContain('this training has done 3 epochs, and epochs: 1 is a total since its beginning, not a number of further ones. To train on, give a larger total, epochs: 4 say.');
    for await (const _ of trainer.fit(data, { epochs: 3 })) throw new Error('An epoch.');
    expect(await trainer.save()).toEqual(before);
    // As it says.
    expect((await trainer.fit(data, { epochs: Number(/epochs: (\d+) say/.exec(message)![1]) }))?.epoch).toBe(4);
  });

  test('of steps, and of early stopping, too', async () => {
    using trainer = await create();
    expect(await trainer.fit(data, { epochs: 9, steps: 1 })).toBeUndefined(); // One step, and no epoch.
    expect(await refused(trainer.fit(data, { epochs: 9, steps: 1 }))).toContain('done 1 step, and steps: 1 is a total since its beginning, not a number of further ones. To train on, give a larger total, steps: 2 say.');
    expect((await trainer.fit(data, { epochs: 9, steps: 2 }))?.epoch).toBe(1);
    expect(await refused(trainer.fit(data, { epochs: 9, steps: 1 }))).toContain('done 2 steps, and steps: 1 is a total since its beginning, not a number of further ones. To train on, give a larger total, steps: 3 say.');
    const earlyStopping = { patience: 1, minimumChange: 10 };
    await trainer.fit(data, { epochs: 9, validation: data, earlyStopping });
    const { epoch } = trainer;
    expect(epoch).toBeLessThan(9);
    expect(await refused(trainer.fit(data, { epochs: 9, validation: data, earlyStopping }))).toContain('Leave earlyStopping out to train on those that stopped.');
    expect((await trainer.fit(data, { epochs: 9 }))?.epoch).toBe(9);
  });
});

describe('iterated and awaited', () => {
  test('awaited while it is iterated, it takes no epoch from the loop', async () => {
    using trainer = await create();
    const run = trainer.fit(data, { epochs: 3 }), last = run.then((epoch) => epoch?.epoch);
    const epochs: number[] = [];
    for await (const { epoch } of run) epochs.push(epoch);
    expect([epochs, await last, (await run)?.epoch]).toEqual([[1, 2, 3], 3, 3]);
  });

  test('awaited after some epochs were taken, it trains to the end', async () => {
    using trainer = await create();
    const run = trainer.fit(data, { epochs: 3 });
    expect((await run.next()).value?.epoch).toBe(1);
    expect((await run)?.epoch).toBe(3);
    expect([(await run.next()).value?.epoch, (await run.next()).value?.epoch, (await run.next()).done]).toEqual([2, 3, true]);
  });

  test('a loop that is left stops the training; awaited then, it gives the last epoch there was', async () => {
    using trainer = await create();
    const run = trainer.fit(data, { epochs: 1000, stepsPerSubmit: 2 });
    for await (const _ of run) break;
    const last = await run;
    expect(last?.epoch).toBe(trainer.epoch);
    expect(trainer.epoch).toBeLessThan(1000);
  });

  test('left before it began, it never begins', async () => {
    using trainer = await create();
    const run = trainer.fit(data, { epochs: 1 });
    expect(await run.return()).toEqual({ value: undefined, done: true });
    expect([await run, trainer.step]).toEqual([undefined, 0]);
  });
});

test('neither iterated nor awaited, it does nothing, and the next fit may begin', async () => {
  using trainer = await create();
  trainer.fit(data, { epochs: 3 });
  trainer.fit(undefined as never, { epochs: -1 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(trainer.step).toBe(0);
  await trainer.fit(data, { epochs: 1 });
  expect(trainer.step).toBe(2);
});

test('one at a time', async () => {
  using trainer = await create();
  const first = trainer.fit(data, { epochs: 2 }), running = first.then((last) => last);
  await expect(trainer.fit(data, { epochs: 3 })).rejects.toThrow('already in fit');
  expect((await running)?.epoch).toBe(2);
});
