/** The step suite on a small network: what it measures and says, what it leaves out, and that it stops. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { watchLongTasks } from '../../src/bench/long-tasks.ts';
import { optimizerOf } from '../../src/bench/optimizers.ts';
import { DEFAULT_OPTIONS } from '../../src/bench/options.ts';
import { summarize } from '../../src/bench/statistics.ts';
import { configurationsOf, measureSteps } from '../../src/bench/step.ts';
import { configOf } from '../../src/bench/subject.ts';
import type { Result } from '../../src/bench/types.ts';
import { openDevice, type Device } from '../../src/device/index.ts';
import { planOf } from '../../src/train/estimate.ts';
import { recorded, smallSubject, stopInTheMiddle } from './suite-context.ts';

let device: Device;
beforeAll(async () => { device = await openDevice({ software: 'fallback' }); });
afterAll(() => device.close());

const FMA = { key: 'ceilings/fma', samples: [9, 10, 40] } as unknown as Result;

test('every batch size, every number of replicas, every optimizer: figures that follow from the median', async () => {
  const context = recorded(device, { batchSizes: [32, 16], replicas: [2, 1], optimizers: ['momentum', 'adam'] }, [FMA]);
  await measureSteps(context, smallSubject(300));
  expect(context.omissions).toEqual([]);
  // Of 300 images 288 are 18 batches of 16 and 9 of 32. Adam's batch of 128 goes into them twice.
  expect(context.results.map(({ key, parameters: { images } }) => [key, images])).toEqual([
    ['step/momentum/batch=16/replicas=1', 288], ['step/momentum/batch=32/replicas=1', 288],
    ['step/momentum/batch=16/replicas=2', 288], ['step/momentum/batch=32/replicas=2', 288],
    ['step/momentum/batch=128/replicas=1', 256], ['step/adam/batch=128/replicas=1', 256],
  ]);
  expect(context.said).toHaveLength(6);
  for (const { samples, unit, derived, parameters, key } of context.results) {
    const { batch, replicas, optimizer } = parameters as { batch: number; replicas: number; optimizer: string };
    expect({ key, unit }).toEqual({ key: `step/${optimizer}/batch=${batch}/replicas=${replicas}`, unit: 'ms' });
    expect(samples).toHaveLength(3);
    expect(samples.every((sample) => Number.isFinite(sample) && sample > 0)).toBe(true);
    const { median } = summarize(samples);
    expect(derived['images/s']).toBe((batch * replicas * 1000) / median);
    expect(derived['share of FMA ceiling']).toBe(derived['GFLOP/s']! / 10);
    // A step encodes within the time that it takes; the longest submit has at least one step.
    expect(derived['encode per step, us']).toBeGreaterThan(0);
    expect(derived['encode per step, us']).toBeLessThan(1000 * Math.max(...samples));
    expect(1000 * derived['longest encode, ms']!).toBeGreaterThanOrEqual(derived['encode per step, us']!);
    expect(Object.values(derived).every(Number.isFinite)).toBe(true);
  }
  const [first, , twice] = context.results.map(({ samples, derived }) => derived['GFLOP/s']! * summarize(samples).median);
  expect(twice).toBeCloseTo(2 * first!, 9);
});

test('without a measured ceiling there is no share of it', async () => {
  const context = recorded(device, { batchSizes: [16], replicas: [1], optimizers: [] });
  await measureSteps(context, smallSubject(64));
  expect(context.results.map(({ derived }) => 'share of FMA ceiling' in derived)).toEqual([false]);
});

test('what would not fit the budget is left out before it is built', async () => {
  // 8192 times the work of the first: more than ten seconds, were its steps no more than a millisecond.
  const context = recorded(device, { batchSizes: [16], replicas: [1, 8192], optimizers: [], budgetSeconds: 2 });
  await measureSteps(context, smallSubject(64));
  expect(context.results.map(({ key }) => key)).toEqual(['step/momentum/batch=16/replicas=1']);
  expect(context.omissions.map(({ key }) => key)).toEqual(['step/momentum/batch=16/replicas=8192']);
  expect(context.omissions[0]!.reason).toMatch(/would take \d+ s, more than the budget of 2 s/);
  expect(context.said).toHaveLength(1);
});

test('so is the first of all', async () => {
  // Two million times the work of a batch of 128.
  const context = recorded(device, { batchSizes: [2 ** 15], replicas: [8192], optimizers: [], budgetSeconds: 60 });
  await measureSteps(context, smallSubject(64));
  expect(context.said).toEqual([]);
  expect(context.omissions.map(({ reason }) => reason)).toEqual([expect.stringContaining('more than the budget of 60 s')]);
});

test('what does not fit the adapter, or is no configuration, is left out with the reason; the others are measured', async () => {
  const context = recorded(device, { batchSizes: [16, 100], replicas: [1, 4096], optimizers: ['momemtum'], budgetSeconds: 1e6 });
  await measureSteps(context, smallSubject(64));
  expect(context.results.map(({ key }) => key)).toEqual(['step/momentum/batch=16/replicas=1']);
  expect(context.omissions.map(({ suite, key, reason }) => [suite, key, reason])).toEqual([
    ['step', 'step/momentum/batch=100/replicas=1', expect.stringContaining('A batch of 100 is more than the 64 images')],
    ['step', 'step/momentum/batch=16/replicas=4096', expect.stringContaining('The largest number that fits is')],
    ['step', 'step/momentum/batch=100/replicas=4096', expect.anything()],
    ['step', 'step/momemtum/batch=128/replicas=1', expect.stringContaining('There is no optimizer "momemtum"')],
  ]);
});

test('an abort stops a measurement that would take hours', async () => {
  const reason = new Error('enough'), context = recorded(device, { seconds: 1e4, budgetSeconds: 1e6, batchSizes: [16], replicas: [1], optimizers: ['adam'] });
  await expect(measureSteps(stopInTheMiddle(context, reason), smallSubject(64))).rejects.toBe(reason);
  expect(context.results).toEqual([]);
  expect(context.said).toHaveLength(1);
});

describe('configurations', () => {
  const keys = configurationsOf(DEFAULT_OPTIONS).map(({ optimizer, batch, replicas }) => `${optimizer} ${batch} ${replicas}`);

  test('are nine with momentum, and each other optimizer once', () => {
    expect(keys.slice(0, 4)).toEqual(['momentum 32 1', 'momentum 128 1', 'momentum 1024 1', 'momentum 32 8']);
    expect(keys).toHaveLength(9 + DEFAULT_OPTIONS.optimizers.length - 1);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test.each(DEFAULT_OPTIONS.optimizers)('%s can be trained with', (name) => {
    const { rule, regularizers } = optimizerOf(name);
    expect(rule).toBe(({ adamw: 'adam' } as Record<string, string>)[name] ?? name);
    expect(regularizers).toHaveLength(1);
    expect(planOf(configOf({ options: DEFAULT_OPTIONS } as never, smallSubject(1), { optimizer: optimizerOf(name) })).flops).toBeGreaterThan(0);
  });
});

test('long tasks are counted where the host tells of them', () => {
  let tell = (_: { getEntries(): unknown[] }): void => {};
  let watching = false;
  class Observer {
    static supportedEntryTypes = ['longtask'];
    constructor(callback: typeof tell) { tell = callback; }
    observe(): void { watching = true; }
    takeRecords(): unknown[] { return [{}]; }
    disconnect(): void { watching = false; }
  }
  const tasks = watchLongTasks({ PerformanceObserver: Observer as never })!;
  expect(watching).toBe(true);
  tell({ getEntries: () => [{}, {}] });
  // Two that were told, one not yet.
  expect(tasks.end()).toBe(3);
  expect(watching).toBe(false);
  expect(watchLongTasks({})).toBeUndefined();
  Observer.supportedEntryTypes = ['measure'];
  expect(watchLongTasks({ PerformanceObserver: Observer as never })).toBeUndefined();
});
