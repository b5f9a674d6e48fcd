/** Cases as tests under Dawn in Node. No adapter is a failure. */
import { afterAll, describe, expect, test } from 'vitest';
import { openDevice } from '../../src/device/index.ts';
import { cases, kernelCases } from '../cases/index.ts';
import { type Case, casesWith } from './cases.ts';

const kernels = new Set(kernelCases.map(({ name }) => name));
export const isKernels = ({ name }: Case): boolean => kernels.has(name);

/** The cases that are no kernel's: every sixth, or all others. */
export const seldom = (isRest: boolean): Case[] => cases.filter((one) => !isKernels(one)).filter((_, i) => (i % 6 > 0) === isRest);

/** Opens one device with these limits, and makes a test of every wanted case that it has the features for. */
export async function testInNode(wanted: readonly Case[], limits: 'default' | 'adapter'): Promise<void> {
  // Opened before the tests are listed: its features say which there are.
  const device = await openDevice({ software: 'fallback', limits });
  const runs = casesWith(wanted, device.gpu.features);
  console.log(`Node, ${limits} limits: ${device.adapter.name}, ${runs.length} cases`);

  describe(`Node, ${limits} limits`, () => {
    afterAll(() => device.close());

    test('only cases are left out whose features the device was not asked for, or the adapter does not have', () => {
      const there = limits === 'default' ? [] : device.adapter.features;
      const left = wanted.filter((one) => !runs.includes(one));
      for (const { name, features = [] } of left) expect(features.every((feature) => there.includes(feature)), name).toBe(false);
      expect(runs.length + left.length).toBe(wanted.length);
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
