/** Updates run in their turn, each with its own row: what the caller's submits make of it is detected, never trained. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { groupLasso, sgd, type Optimizer } from '../../src/index.ts';
import { createOptim, type Optim, type OptimOptions } from '../../src/optim/index.ts';
import { Caller } from '../cases/optim.ts';
import { useDevice } from '../train/device.ts';

const device = useDevice();
let caller: Caller;
beforeEach(() => { caller = new Caller(device().gpu); });
afterEach(() => caller.destroy());

/** Four weights of 1 with gradients of 1: a learning rate is what they fall by. */
async function ones(more: Partial<OptimOptions> = {}, optimizer: Optimizer = sgd({ learningRate: 1 })): Promise<{ optim: Optim; buffer: GPUBuffer }> {
  const [buffer, gradients] = [caller.buffer(new Float32Array(4).fill(1)), caller.buffer(new Float32Array(4).fill(1))];
  const parameters = [{ name: 'w', buffer, length: 4, gradient: { buffer: gradients }, shape: [2, 2] as const }];
  return { optim: await createOptim(device().gpu, { parameters, optimizer, ...more } as OptimOptions), buffer };
}

/** Encodes updates into passes of their own; their learning rates are powers of 1/2, so that each is seen in the sum. */
function encoded(optim: Optim, rates: readonly number[]): GPUCommandEncoder {
  const encoder = device().gpu.createCommandEncoder();
  for (const learningRate of rates) {
    const pass = encoder.beginComputePass();
    optim.encode(pass, { learningRate });
    pass.end();
  }
  return encoder;
}

const submit = (...encoders: readonly GPUCommandEncoder[]): void => {
  for (const encoder of encoders) device().gpu.queue.submit([encoder.finish()]);
};

const powers = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => 2 ** -(from + i));

async function expectRefused(asked: Promise<unknown>, done: number): Promise<void> {
  await expect(asked).rejects.toBeInstanceOf(InputError);
  await expect(asked).rejects.toThrow(new RegExp(`^${done} updates were done, and then one came that was not the next.*stepsInFlight.*load a state that was saved`));
}

test.each([[5, 4], [6, 4], [9, 4], [8, 7], [2, 1], [100, 64]])('%i updates in one submission with %i in flight: none that is wrong runs', async (updates, stepsInFlight) => {
  const { optim, buffer } = await ones({ stepsInFlight }, sgd({ learningRate: 1, momentum: 0.5, regularizers: [groupLasso(0.25)] }));
  const start = await optim.save();
  submit(encoded(optim, Array.from({ length: updates }, () => 0.125)));
  await expectRefused(optim.flags(), 0);
  await expectRefused(optim.save(), 0);
  expect(await caller.read(buffer)).toEqual(new Float32Array(4).fill(1));
  // Nor do those that come after it, if they can be encoded at all.
  try {
    caller.step(optim);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
  }
  expect(await caller.read(buffer)).toEqual(new Float32Array(4).fill(1));
  // m = 1, w = 1 - 1/8 and, by the group lasso with the gain 1 / (1 - 1/2), |w| = sqrt(2) 7/8 less sqrt(2) / 8 * 2 / 4.
  await optim.load(start);
  submit(encoded(optim, [0.125]));
  expect(await optim.flags()).toEqual({ nonFinite: [], skipped: 0 });
  for (const w of await caller.read(buffer)) expect(w).toBeCloseTo(7 / 8 - 1 / 16, 6);
  optim.destroy();
});

test('what was right before it stays: after three updates, a submission of too many', async () => {
  const { optim, buffer } = await ones({ stepsInFlight: 4 });
  for (const rate of powers(1, 3)) submit(encoded(optim, [rate]));
  submit(encoded(optim, powers(4, 5)));
  await expectRefused(optim.flags(), 3);
  expect(await caller.read(buffer)).toEqual(new Float32Array(4).fill(1 - 7 / 8));
  optim.destroy();
});

test('as many as are in flight are right, again and again, in passes or in one', async () => {
  const { optim, buffer } = await ones({ stepsInFlight: 4 });
  for (const from of [1, 5, 9]) submit(encoded(optim, powers(from, 4)));
  expect(await caller.read(buffer)).toEqual(new Float32Array(4).fill(2 ** -12));
  const encoder = device().gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (const learningRate of powers(13, 4)) optim.encode(pass, { learningRate });
  expect(() => optim.encode(pass)).toThrow(InputError);
  expect(() => optim.encode(pass)).toThrow(/this pass has 4 updates by now. Submit at least once every 4 updates, the stepsInFlight of this optim/);
  pass.end();
  submit(encoder);
  expect(await caller.read(buffer)).toEqual(new Float32Array(4).fill(2 ** -16));
  expect([optim.step, await optim.flags()]).toEqual([16, { nonFinite: [], skipped: 0 }]);
  submit(encoded(optim, [2 ** -17]));
  expect(await caller.read(buffer)).toEqual(new Float32Array(4).fill(2 ** -17));
  optim.destroy();
});

test('another order than that of encoding is refused', async () => {
  const { optim, buffer } = await ones();
  const [first, second] = [encoded(optim, [0.5]), encoded(optim, [0.25])];
  submit(second, first);
  await expectRefused(optim.flags(), 2);
  expect(await caller.read(buffer)).toEqual(new Float32Array(4).fill(0.75));
  optim.destroy();
});

test('what is encoded need not be submitted', async () => {
  const { optim, buffer } = await ones({ stepsInFlight: 4 });
  encoded(optim, [8, 8, 8]);
  submit(encoded(optim, [0.5]));
  expect(await optim.flags()).toEqual({ nonFinite: [], skipped: 0 });
  expect(await caller.read(buffer)).toEqual(new Float32Array(4).fill(0.5));
  optim.destroy();
});

test('a state is saved with all updates that were encoded, or not at all', async () => {
  const { optim } = await ones();
  const pending = encoded(optim, [0.5]);
  await expect(optim.save()).rejects.toBeInstanceOf(InputError);
  await expect(optim.save()).rejects.toThrow(/1 updates were encoded and 0 are done. Submit what was encoded/);
  submit(pending);
  const file = await optim.save();
  const late = optim.save();
  submit(encoded(optim, [0.25]));
  // Whichever came first on the GPU: the file is whole, or there is none.
  await late.then((bytes) => expect(bytes).toEqual(file), (error) => expect(error).toBeInstanceOf(InputError));
  expect(await optim.flags()).toEqual({ nonFinite: [], skipped: 0 });
  optim.destroy();
});

test('what was encoded before a load does not run after it unseen', async () => {
  const { optim } = await ones();
  const start = await optim.save();
  submit(encoded(optim, [0.5]));
  const pending = encoded(optim, [0.25]);
  await optim.load(start);
  submit(pending, encoded(optim, [0.125]));
  await expectRefused(optim.flags(), 2);
  optim.destroy();
});

/** A loop that never asks for `flags`: `updates` in each submission, and what lets the GPU's answers in after it. */
async function trainFor(optim: Optim, submissions: number, updates: number, after: () => Promise<unknown> | undefined): Promise<void> {
  for (let i = 0; i < submissions; i++) {
    submit(encoded(optim, Array.from({ length: updates }, () => 0)));
    await after();
  }
}

const done = (): Promise<unknown> => device().gpu.queue.onSubmittedWorkDone();
const turn = (): Promise<unknown> => new Promise((resolve) => { setTimeout(resolve, 0); });

test.each([
  ['one more than are in flight', 4, 5], ['many more', 16, 100], ['one in flight, two submitted', 1, 2],
])('a loop that submits too many hears of it from encode: %s', async (_, stepsInFlight, updates) => {
  for (const after of [done, turn]) {
    const { optim } = await ones({ stepsInFlight });
    const trained = trainFor(optim, 10_000, updates, after);
    await expect(trained).rejects.toBeInstanceOf(InputError);
    await expectRefused(trained, 0);
    // 64 updates to a look, as many to the next, and those of a submission; with turns alone the answer takes some more.
    expect(optim.step).toBeLessThanOrEqual(after === done ? 128 + 2 * updates : 4096);
    expect(() => caller.step(optim)).toThrow(InputError);
    optim.destroy();
  }
});

test('a loop that never submits hears of it from encode', async () => {
  const { optim } = await ones();
  const trained = (async () => {
    for (let i = 0; i < 10_000; i++) {
      encoded(optim, [0.5]);
      await turn();
    }
  })();
  await expectRefused(trained, 0);
  expect(optim.step).toBeLessThanOrEqual(1024);
  optim.destroy();
});

test('submits in another order are heard of from encode, and a load makes all well', async () => {
  const { optim, buffer } = await ones();
  const start = await optim.save();
  const [first, second] = [encoded(optim, [0.5]), encoded(optim, [0.25])];
  submit(second, first);
  await expectRefused(trainFor(optim, 1000, 1, done), 2);
  await optim.load(start);
  caller.write(buffer, new Float32Array(4).fill(1));
  await trainFor(optim, 200, 1, done);
  expect(await optim.flags()).toEqual({ nonFinite: [], skipped: 0 });
  optim.destroy();
});

test.each([['one update per submit', 4, 1], ['as many as are in flight', 4, 4], ['one in flight', 1, 1], ['64', 64, 64], ['three of 64', 64, 3]])(
  'a loop that is right is never refused, awaiting nothing, a turn or the GPU: %s', async (_, stepsInFlight, updates) => {
    for (const [after, least] of [[() => undefined, 3000], [turn, 300], [done, 300]] as const) {
      const { optim } = await ones({ stepsInFlight });
      const submissions = Math.ceil(least / updates);
      await trainFor(optim, submissions, updates, after);
      expect([optim.step, await optim.flags()]).toEqual([submissions * updates, { nonFinite: [], skipped: 0 }]);
      caller.step(optim);
      optim.destroy();
    }
  });

test('what is encoded and thrown away, fewer at a time than are in flight, is not refused', async () => {
  const { optim } = await ones({ stepsInFlight: 4 });
  for (let i = 0; i < 100; i++) {
    encoded(optim, [8, 8]);
    submit(encoded(optim, [0]));
    await done();
  }
  expect([optim.step, await optim.flags()]).toEqual([300, { nonFinite: [], skipped: 0 }]);
  optim.destroy();
});
