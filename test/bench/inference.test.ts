/** The inference suite on a small network. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measureInference } from '../../src/bench/inference.ts';
import { summarize } from '../../src/bench/statistics.ts';
import { openDevice, type Device } from '../../src/device/index.ts';
import { recorded, smallSubject, stopInTheMiddle } from './suite-context.ts';

let device: Device;
beforeAll(async () => { device = await openDevice({ software: 'fallback' }); });
afterAll(() => device.close());

const KEYS = ['inference/batch=8', 'inference/batch=64', 'inference/latency'];

test('images per second at each batch size, and the time of one image', async () => {
  const context = recorded(device);
  await measureInference(context, smallSubject(100), [8, 64]);
  expect(context.omissions).toEqual([]);
  expect(context.results.map(({ key }) => key)).toEqual(KEYS);
  expect(context.results.map(({ unit, better }) => `${unit}, ${better}`)).toEqual(['images/s, higher', 'images/s, higher', 'ms, lower']);
  expect(context.results.map(({ parameters: { batch, images } }) => [batch, images])).toEqual([[8, 100], [64, 100], [1, 1]]);
  for (const { samples } of context.results) {
    expect(samples).toHaveLength(3);
    expect(samples.every((sample) => Number.isFinite(sample) && sample > 0)).toBe(true);
  }
  for (const { samples, derived } of context.results.slice(0, 2)) {
    expect(derived['all images, ms']! * summarize(samples).median).toBeCloseTo(100 * 1000, 6);
  }
});

test('what does not fit the budget is left out', async () => {
  const context = recorded(device, { budgetSeconds: 1e-4 });
  await measureInference(context, smallSubject(100), [8, 64]);
  expect(context.results).toEqual([]);
  expect(context.omissions.map(({ key, reason }) => `${key}: ${/budget of 0\.0001 s/.test(reason)}`)).toEqual(KEYS.map((key) => `${key}: true`));
});

test('an abort stops what would take hours', async () => {
  const reason = new Error('enough'), context = recorded(device, { seconds: 1e4, budgetSeconds: 1e6 });
  await expect(measureInference(stopInTheMiddle(context, reason), smallSubject(100), [8, 64])).rejects.toBe(reason);
  expect([...context.results, ...context.omissions]).toEqual([]);
});
