/**
 * Every case under Dawn in Node: on a device with the specification's default limits and no features, and what needs a
 * feature on one with all that the adapter has.
 */
import { expect, test } from 'vitest';
import { cases } from '../cases/index.ts';
import { testInNode } from './in-node.ts';

test('case names are unique', () => {
  const names = cases.map((one) => one.name);
  expect(names.length).toBeGreaterThan(0);
  expect(new Set(names).size).toBe(names.length);
});

await testInNode(cases, 'default');
await testInNode(cases.filter(({ features = [] }) => features.length > 0), 'adapter');
