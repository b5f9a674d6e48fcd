/**
 * Every case under Dawn in Node, on a device with the specification's default limits. What reads the limits runs on a
 * device with all that the adapter has too; a kernel's own dispatch knows no limits.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Device, openDevice } from '../../src/device/index.ts';
import { cases, kernelCases } from '../cases/index.ts';

test('case names are unique', () => {
  const names = cases.map((one) => one.name);
  expect(names.length).toBeGreaterThan(0);
  expect(new Set(names).size).toBe(names.length);
});

const kernels = new Set(kernelCases.map(({ name }) => name));
const runs = { default: cases, adapter: cases.filter(({ name }) => !kernels.has(name)) };

for (const limits of ['default', 'adapter'] as const) {
  describe(`Node, ${limits} limits`, () => {
    let device: Device;
    beforeAll(async () => {
      device = await openDevice({ software: 'fallback', limits });
      console.log(`Node, ${limits} limits: ${device.adapter.name}`);
    });
    afterAll(async () => {
      await device?.close();
    });
    for (const one of runs[limits]) {
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
