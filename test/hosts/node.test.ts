/**
 * Cases under Dawn in Node: every kernel's and a sixth of the others (all are in node.more.test.ts), on a device with the
 * specification's default limits and no features; what needs a feature on one with all that the adapter has.
 */
import { expect, test } from 'vitest';
import { cases, kernelCases } from '../cases/index.ts';
import { seldom, testInNode } from './in-node.ts';

test('case names are unique', () => {
  const names = cases.map((one) => one.name);
  expect(names.length).toBeGreaterThan(0);
  expect(new Set(names).size).toBe(names.length);
});

await testInNode([...kernelCases, ...seldom(false)], 'default');
await testInNode(cases.filter(({ features = [] }) => features.length > 0), 'adapter');
