/** The epoch suite on a small network. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imagesThatFit, measureEpochs } from '../../src/bench/epoch.ts';
import { DEFAULT_OPTIONS } from '../../src/bench/options.ts';
import { summarize } from '../../src/bench/statistics.ts';
import { openDevice, type Device } from '../../src/device/index.ts';
import { recorded, smallSubject, stopInTheMiddle } from './suite-context.ts';

let device: Device;
beforeAll(async () => { device = await openDevice({ software: 'fallback' }); });
afterAll(() => device.close());

const KEY = 'epoch/momentum/batch=128/replicas=1';

test('an epoch, the time of its steps, and what is left of it', async () => {
  const context = recorded(device);
  await measureEpochs(context, smallSubject(601));
  expect(context.omissions).toEqual([]);
  const [{ key, samples, derived, parameters, meaning }] = context.results as [typeof context.results[number]];
  expect(context.results).toHaveLength(1);
  expect(key).toBe(KEY);
  // A sixth of the images, and the last of five batches smaller.
  expect(parameters).toMatchObject({ images: 601, validation: 101, batch: 128, network: '24-20-12-5' });
  expect(meaning).not.toContain('as fit the budget');
  const { median } = summarize(samples);
  expect(derived['images/s']).toBe((601 * 1000) / median);
  expect(derived['overhead, ms']).toBe(median - derived['steps, ms']!);
  expect(derived['step, ms']).toBe(derived['steps, ms']! / 5);
  // Validation lies outside of the steps, within the epoch.
  for (const name of ['steps, ms', 'overhead, ms', 'validation, ms']) expect(derived[name]).toBeGreaterThan(0);
  expect(samples).toHaveLength(3);
  expect(samples.every((sample) => Number.isFinite(sample) && sample > 0)).toBe(true);
});

test('as many images as fit the budget', () => {
  const options = { ...DEFAULT_OPTIONS, budgetSeconds: 70, repetitions: 5, seconds: 1 };
  // Seven epochs of 10 s; less 1 s of evaluations and 0.5 s at the end, and a step of 100 ms takes 1 + 1/18 with its share of the validation.
  expect(imagesThatFit(options, { stepMilliseconds: 100, endMilliseconds: 500 }, 128)).toBe(Math.floor(8500 / (100 * (19 / 18))) * 128);
  expect(imagesThatFit(options, { stepMilliseconds: 0.1, endMilliseconds: 0 }, 128)).toBeGreaterThan(60_000);
  expect(() => imagesThatFit(options, { stepMilliseconds: 9000, endMilliseconds: 0 }, 128)).toThrow('5 epochs of one batch would take more than the budget of 70 s');
});

test('an epoch that does not fit the budget is left out', async () => {
  const context = recorded(device, { budgetSeconds: 1e-3 });
  await measureEpochs(context, smallSubject(601));
  expect(context.results).toEqual([]);
  expect(context.omissions).toEqual([{ suite: 'epoch', key: KEY, reason: expect.stringContaining('budget of 0.001 s') }]);
});

test('an abort stops epochs that would take hours', async () => {
  const reason = new Error('enough'), context = recorded(device, { seconds: 1e4, budgetSeconds: 1e6 });
  await expect(measureEpochs(stopInTheMiddle(context, reason), smallSubject(601))).rejects.toBe(reason);
  expect([...context.results, ...context.omissions]).toEqual([]);
});
