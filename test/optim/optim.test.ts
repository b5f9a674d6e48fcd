/** What an optim does beyond its rules: overrides, state, marks, averages, and what it asks of the GPU. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  adam, clipByGlobalNorm, clipByValue, cosine, ema, ftrl, groupLasso, l1, maxNorm, sgd, swa, unitNorm, type Optimizer,
} from '../../src/index.ts';
import { InputError } from '../../src/errors.ts';
import { createOptim, type Optim, type OptimOptions, type OptimOverrides } from '../../src/optim/index.ts';
import * as reference from '../../src/reference/index.ts';
import type { Hyperparameters } from '../../src/reference/index.ts';
import { asFloat32, readSafetensors } from '../../src/files/safetensors.ts';
import { EPSILON, expectClose } from '../cases/compare.ts';
import { draw } from '../cases/contents.ts';
import { Caller, make, run, weightsOf } from '../cases/optim.ts';
import { RULES } from '../cases/rules.ts';
import { useDevice } from '../train/device.ts';
import { MAKERS, Watch } from '../train/watch.ts';

const device = useDevice();
let caller: Caller;
beforeEach(() => { caller = new Caller(device().gpu); });
afterEach(() => caller.destroy());

const W = draw(20, 1), G = draw(20, 2);
const f32 = (values: ArrayLike<number>): Float32Array<ArrayBuffer> => Float32Array.from(values);

/** A weight [5, 4] and its gradient, each in a buffer of its own. */
async function single(optimizer: Optimizer, more: Partial<OptimOptions> = {}, gradient: ArrayLike<number> = G) {
  const [buffer, gradients] = [caller.buffer(f32(W)), caller.buffer(f32(gradient))];
  const parameters = [{ name: 'w', buffer, length: 20, gradient: { buffer: gradients }, shape: [5, 4] as const }];
  const optim = await createOptim(device().gpu, { parameters, optimizer, ...more } as OptimOptions);
  return { optim, buffer, gradients };
}

/** The reference's weights after updates with these hyperparameters, one object per update. */
function expected(updates: readonly Hyperparameters[], gradient: ArrayLike<number> = G): Float64Array {
  let now: { weights: ArrayLike<number>; state: reference.OptimizerState } = { weights: W, state: {} };
  updates.forEach((hyperparameters, i) => { now = reference.update({ ...now, gradient, hyperparameters, t: i + 1 }); });
  return Float64Array.from(now.weights);
}

const twice = (hyperparameters: Hyperparameters): Hyperparameters[] => [hyperparameters, hyperparameters];

async function check(buffer: GPUBuffer, want: ArrayLike<number>): Promise<void> {
  expectClose('weights', await caller.read(buffer), want, 16 * EPSILON, 16 * EPSILON);
}

describe('hyperparameters per update', () => {
  const rates = { learningRate: 0.1, epsilon: 1e-3 } as const, base = { optimizer: 'adam', ...rates } as const;

  test('hold for that update only, and a group is more precise', async () => {
    const { optim, buffer } = await single(adam({ ...rates, regularizers: [l1(0)] }));
    const overrides: OptimOverrides[] = [{ learningRate: 0.2 }, {}, { l1: 0.5, 'default.l1': 0.05, beta1: 0.5, weightDecay: 0.3 }];
    for (const one of overrides) caller.step(optim, one);
    expect(optim.step).toBe(3);
    await check(buffer, expected([{ ...base, learningRate: 0.2 }, base, { ...base, l1: 0.05, beta1: 0.5, weightDecay: 0.3 }]));
    optim.destroy();
  });

  test('clip, and the zeros of a large l1', async () => {
    const { optim, buffer } = await single(sgd({ learningRate: 0.1, clip: clipByValue(1), regularizers: [l1(1)] }));
    caller.step(optim, { clip: 0.1, l1: 3 });
    const want = expected([{ optimizer: 'sgd', learningRate: 0.1, l1: 3, clip: { by: 'value', threshold: 0.1 } }]);
    await check(buffer, want);
    expect(want.filter((w) => w === 0).length).toBeGreaterThan(2);
    optim.destroy();
  });

  test('the sum behind cumulative l1 follows them', async () => {
    const { optim, buffer } = await single(sgd({ learningRate: 0.1, regularizers: [l1(0.1, { rule: 'cumulative' })] }));
    const h = { optimizer: 'sgd', learningRate: 0.1, l1: 0.1, l1Rule: 'cumulative' } as const;
    for (const one of [{}, { l1: 0.4 }, { learningRate: 0.3 }] as OptimOverrides[]) caller.step(optim, one);
    await check(buffer, expected([{ ...h, l1Total: 0.01 }, { ...h, l1Total: 0.05 }, { ...h, learningRate: 0.3, l1Total: 0.08 }]));
    optim.destroy();
  });

  test('schedules follow the number of the update up to the horizon', async () => {
    const { optim, buffer } = await single(sgd({ learningRate: cosine(0.4) }), { horizon: 4 });
    for (let i = 0; i < 3; i++) caller.step(optim);
    // (1 + cos(pi i / 4)) / 2 of 0.4
    const rates = [0.4, 0.2 + 0.2 * Math.SQRT1_2, 0.2];
    await check(buffer, expected(rates.map((learningRate) => ({ optimizer: 'sgd', learningRate }))));
    optim.destroy();
  });

  test('past the horizon a schedule has no value, and one is asked for', async () => {
    const { optim, buffer } = await single(sgd({ learningRate: cosine(0.4) }), { horizon: 2 });
    for (let i = 0; i < 2; i++) caller.step(optim);
    expect(() => caller.step(optim)).toThrow(InputError);
    expect(() => caller.step(optim)).toThrow(/the schedule of learningRate ended with the 2 updates of horizon/);
    caller.step(optim, { 'default.learningRate': 0.1 });
    await check(buffer, expected([0.4, 0.2, 0.1].map((learningRate) => ({ optimizer: 'sgd', learningRate }))));
    optim.destroy();
    const constant = await single(sgd({ learningRate: 0.1 }), { horizon: 1 });
    for (let i = 0; i < 2; i++) caller.step(constant.optim);
    await check(constant.buffer, expected(twice({ optimizer: 'sgd', learningRate: 0.1 })));
    constant.optim.destroy();
  });

  test("ftrl starts at the caller's weights and follows a learning rate that changes", async () => {
    const resting = await single(ftrl({ learningRate: 0.5, regularizers: [l1(0.1)] }), {}, new Float32Array(20));
    caller.step(resting.optim, { learningRate: 0.05 });
    await check(resting.buffer, W);
    resting.optim.destroy();
    const { optim, buffer } = await single(ftrl({ learningRate: 0.5 }));
    const h = { optimizer: 'ftrl', learningRate: 0.5, initialAccumulator: 0.1 } as const;
    for (const one of [{}, { learningRate: 0.1 }, {}] as OptimOverrides[]) caller.step(optim, one);
    await check(buffer, expected([h, { ...h, learningRate: 0.1, previousLearningRate: 0.5 }, { ...h, previousLearningRate: 0.1 }]));
    optim.destroy();
  });
});

describe('rules on the norms of units', () => {
  const norms = (w: ArrayLike<number>, layout: string): number[] => [0, 1, 2, 3].map((unit) => Math.hypot(
    ...[0, 1, 2, 3, 4].map((input) => w[layout === 'in-out' ? 4 * input + unit : 5 * unit + input]!)));

  test.each(['in-out', 'out-in'] as const)('max-norm and unit-norm bound the incoming weights, %s', async (layout) => {
    for (const [regularizer, wanted] of [[maxNorm(0.9), (n: number) => Math.min(n, 0.9)], [unitNorm(), () => 1]] as const) {
      const [buffer, gradients] = [caller.buffer(f32(W)), caller.buffer(new Float32Array(20))];
      const optim = await createOptim(device(), {
        parameters: [{ buffer, length: 20, gradient: { buffer: gradients }, shape: [5, 4], layout }],
        optimizer: sgd({ learningRate: 1, regularizers: [regularizer] }),
      });
      caller.step(optim);
      const got = norms(await caller.read(buffer), layout);
      got.forEach((norm, i) => expect(Math.abs(norm - wanted(norms(W, layout)[i]!))).toBeLessThan(1e-6));
      expect(norms(W, layout).filter((norm) => norm > 0.9).length).toBeGreaterThan(0);
      optim.destroy();
    }
  });

  test('group lasso empties whole units', async () => {
    const { optim, buffer } = await single(sgd({ learningRate: 0.1, regularizers: [groupLasso(100)] }));
    caller.step(optim);
    expect((await caller.read(buffer)).every((w) => w === 0)).toBe(true);
    optim.destroy();
  });
});

describe('state', () => {
  test.each(['sgd', 'momentum', 'adam', 'ftrl', 'lamb'] as const)('%s: an interruption changes no bit', async (name) => {
    const more = { averaging: ema(0.9) };
    const whole = await make(caller, device(), RULES[name], more);
    run(caller, whole, 0, 7);
    const first = await make(caller, device(), RULES[name], more);
    run(caller, first, 0, 3);
    const bytes = await first.optim.save();
    first.optim.destroy();
    const weights = await Promise.all(first.weights.map((buffer) => caller.read(buffer)));
    const second = await make(caller, device(), RULES[name], more);
    weights.forEach((values, i) => caller.write(second.weights[i]!, values));
    await second.optim.load(bytes);
    expect(second.optim.step).toBe(3);
    run(caller, second, 3, 7);
    expect(await weightsOf(caller, second)).toEqual(await weightsOf(caller, whole));
    expect(await second.optim.save()).toEqual(await whole.optim.save());
    second.optim.destroy();
    whole.optim.destroy();
  });

  test('files name slots as checkpoints do', async () => {
    const { optim } = await single(adam(), { averaging: swa({ start: 1 }) });
    const { tensors } = readSafetensors(await optim.save());
    expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual(
      ['average.w', 'optimizer.m.w', 'optimizer.v.w'].map((name) => [name, [5, 4]]));
    optim.destroy();
  });

  test('averages are there to be bound and saved', async () => {
    const { optim, buffer } = await single(sgd({ learningRate: 0.1 }), { averaging: ema(0.75) });
    expect(Array.from(await averageOf(optim))).toEqual(Array.from(W));
    for (let i = 0; i < 2; i++) caller.step(optim);
    const [one, two] = [expected([{ optimizer: 'sgd', learningRate: 0.1 }]), expected(twice({ optimizer: 'sgd', learningRate: 0.1 }))];
    const want = one.map((w, i) => w + 0.25 * (two[i]! - w));
    expectClose('average', await averageOf(optim), want, 8 * EPSILON, 8 * EPSILON);
    expectClose('saved', asFloat32(readSafetensors(await optim.save()).tensors.get('average.w')!), want, 8 * EPSILON, 8 * EPSILON);
    await check(buffer, two);
    optim.destroy();
  });
});

async function averageOf(optim: Optim): Promise<Float32Array> {
  const { buffer, offset, length } = optim.average('w');
  return (await caller.read(buffer)).slice(offset, offset + length);
}

describe('gradients that are not finite', () => {
  const bad = f32(G).fill(NaN, 7, 8);

  test('are flagged with the first update that had them', async () => {
    const { optim, gradients } = await single(adam());
    caller.step(optim);
    expect(await optim.flags()).toEqual({ nonFinite: [], skipped: 0 });
    caller.write(gradients, bad);
    caller.step(optim);
    caller.step(optim);
    expect(await optim.flags()).toEqual({ nonFinite: [{ name: 'w', step: 1, isState: false }], skipped: 0 });
    optim.destroy();
  });

  test('that are finite, and overflow the state: flagged as that, and not saved unless told', async () => {
    const { optim, gradients, buffer } = await single(adam(), {}, f32(G).fill(1e22, 7, 8));
    caller.step(optim);
    expect(await optim.flags()).toEqual({ nonFinite: [{ name: 'w', step: 0, isState: true }], skipped: 0 });
    expect((await caller.read(buffer)).every(Number.isFinite)).toBe(true);
    await expect(optim.save()).rejects.toThrow(/optimizer\.v\.w is no longer finite\..*value 7 is Infinity/);
    const bytes = await optim.save({ nonFinite: 'allow' });
    await expect(optim.load(bytes)).rejects.toThrow(/^optimizer state: tensor optimizer\.v\.w: value 7 is Infinity/);
    await optim.load(bytes, 'bad', { nonFinite: 'allow' });
    caller.write(gradients, f32(G));
    caller.step(optim);
    expect((await optim.flags()).nonFinite).toEqual([{ name: 'w', step: 1, isState: true }]);
    optim.destroy();
  });

  test("are left out under 'skip', which does not count them, also after loading", async () => {
    const { optim, buffer, gradients } = await single(adam({ learningRate: 0.1 }), { onNonFinite: 'skip' });
    caller.step(optim);
    caller.write(gradients, bad);
    caller.step(optim);
    expect((await optim.flags()).skipped).toBe(1);
    const bytes = await optim.save();
    caller.step(optim);
    await optim.load(bytes);
    expect((await optim.flags()).skipped).toBe(1);
    caller.write(gradients, f32(G));
    caller.step(optim);
    expect(await optim.flags()).toEqual({ nonFinite: [], skipped: 1 });
    await check(buffer, expected(twice({ optimizer: 'adam', learningRate: 0.1 })));
    optim.destroy();
  });
});

describe('what it asks of the GPU', () => {
  let watch: Watch;
  beforeEach(() => { watch = new Watch(device().gpu); });
  afterEach(() => watch.restore());

  const isMaker = ({ name }: { name: string }): boolean => (MAKERS as readonly string[]).includes(name);

  test('encode makes nothing, uploads one row, and dispatches once per pair of buffers', async () => {
    for (const [optimizer, dispatches] of [['adam', 2], ['lamb', 4]] as const) {
      const made = await make(caller, device(), RULES[optimizer]);
      watch.calls.length = 0;
      for (let i = 0; i < 5; i++) caller.step(made.optim);
      expect(watch.calls.filter(isMaker)).toEqual([]);
      expect(watch.count('dispatchWorkgroups')).toBe(5 * dispatches);
      expect(watch.count('submit', 'writeBuffer', 'mapAsync')).toBe(10);
      expect(Object.keys(watch.uploads())).toEqual(['rows']);
      made.optim.destroy();
    }
  });

  test('many updates in one submit are those of many submits, bit for bit', async () => {
    const [one, many] = [await make(caller, device(), RULES.adam, { stepsInFlight: 9 }), await make(caller, device(), RULES.adam)];
    const encoder = device().gpu.createCommandEncoder();
    for (let i = 0; i < 9; i++) {
      const pass = encoder.beginComputePass();
      one.optim.encode(pass, { learningRate: 0.01 * (i + 1) });
      pass.end();
      caller.step(many.optim, { learningRate: 0.01 * (i + 1) });
    }
    device().gpu.queue.submit([encoder.finish()]);
    expect(await weightsOf(caller, one)).toEqual(await weightsOf(caller, many));
    one.optim.destroy();
    many.optim.destroy();
  });

  test("memory() is what lives, and destroy leaves the caller's buffers and device", async () => {
    const before = watch.liveBytes;
    const { optim, buffer, gradients } = await single(sgd({ learningRate: 0.1, momentum: 0.9, clip: clipByGlobalNorm(1) }));
    expect(optim.memory().total).toBe(watch.liveBytes - before - 160);
    caller.step(optim);
    await optim.save();
    optim.destroy();
    expect(optim.memory().total).toBe(0);
    expect(watch.liveBytes - before).toBe(160);
    caller.write(gradients, f32(G));
    expect((await caller.read(buffer)).length).toBe(20);
  });
});
