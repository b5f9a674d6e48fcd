/**
 * Every case under Dawn in Node, on a device with the specification's default limits and no features. What reads the
 * limits, or needs a feature, runs on a device with all that the adapter has too; a kernel's own dispatch knows no limits.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { openDevice } from '../../src/device/index.ts';
import { cases, kernelCases } from '../cases/index.ts';
import { casesWith } from './cases.ts';

test('case names are unique', () => {
  const names = cases.map((one) => one.name);
  expect(names.length).toBeGreaterThan(0);
  expect(new Set(names).size).toBe(names.length);
});

const kernels = new Set(kernelCases.map(({ name }) => name));
const wanted = { default: cases, adapter: cases.filter(({ name, features = [] }) => !kernels.has(name) || features.length > 0) };

for (const limits of ['default', 'adapter'] as const) {
  // Opened before the tests are listed: its features say which there are.
  const device = await openDevice({ software: 'fallback', limits });
  const runs = casesWith(wanted[limits], device.gpu.features);
  console.log(`Node, ${limits} limits: ${device.adapter.name}, ${runs.length} cases`);

  describe(`Node, ${limits} limits`, () => {
    afterAll(() => device.close());

    test('only cases are left out whose features the device was not asked for, or the adapter does not have', () => {
      const there = limits === 'default' ? [] : device.adapter.features;
      const left = wanted[limits].filter((one) => !runs.includes(one));
      for (const { name, features = [] } of left) expect(features.every((feature) => there.includes(feature)), name).toBe(false);
      expect(runs.length + left.length).toBe(wanted[limits].length);
      expect(runs.length).toBeGreaterThan(0);
    });

    for (const one of runs) {
      test(one.name, async () => {
        const lines: string[] = [];
        try {
          await one.run(device, (line) => lines.push(line));
        } catch (error) {
          if (lines.length > 0) console.error(lines.join('\n'));
          throw error;
        }
      });
    }
  });
}
