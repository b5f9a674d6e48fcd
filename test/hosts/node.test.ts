/** Every case under Dawn in Node, on a full device and on one with the specification's defaults only. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Device, openDevice } from '../../src/device/index.ts';
import { cases } from '../cases/index.ts';

test('case names are unique', () => {
  const names = cases.map((one) => one.name);
  expect(names.length).toBeGreaterThan(0);
  expect(new Set(names).size).toBe(names.length);
});

for (const limits of ['adapter', 'default'] as const) {
  describe(`Node, ${limits} limits`, () => {
    let device: Device;
    beforeAll(async () => {
      device = await openDevice({ software: 'fallback', limits });
      console.log(`Node, ${limits} limits: ${device.adapter.name}`);
    });
    afterAll(async () => {
      await device?.close();
    });
    for (const one of cases) {
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
