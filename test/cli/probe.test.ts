import { expect, test } from 'vitest';
import { formatProbe } from '../../src/cli/probe.ts';

test('without an adapter, the reason and the one thing to do', () => {
  expect(formatProbe({ state: 'no-adapter', reason: 'No adapter was found.', fix: 'Install a driver.' })).toBe(
    'state     no-adapter\nreason    No adapter was found.\nto do     Install a driver.\n');
});

test('an adapter with its words, features and limits, empty words left out', () => {
  const adapter = {
    state: 'hardware' as const, name: 'Some GPU (hardware)', vendor: 'some', architecture: '', device: '', description: 'Some GPU',
    limits: { maxBufferSize: 268435456, maxBindGroups: 4 }, features: ['subgroups', 'timestamp-query'],
  };
  expect(formatProbe({ state: 'hardware', adapter, reason: '', fix: '' }, 'Chrome/150, /usr/bin/chrome')).toBe([
    'state     hardware', 'browser   Chrome/150, /usr/bin/chrome', 'adapter   Some GPU (hardware)', '  vendor        some',
    '  description   Some GPU', 'features  subgroups, timestamp-query', 'limits', '  maxBufferSize  268 435 456', '  maxBindGroups  4', '',
  ].join('\n'));
});
