import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { onInterrupt } from '../../src/cli/interrupt.ts';

function listen() {
  const source = new EventEmitter();
  const calls: string[] = [];
  const clock = { now: 0 };
  const release = onInterrupt(() => calls.push('stop'), () => calls.push('give up'), { source, now: () => clock.now });
  return { source, calls, clock, release };
}

test('one press that comes twice, from the terminal and through npm, stops once', () => {
  const { source, calls, clock } = listen();
  source.emit('SIGINT');
  clock.now = 40;
  source.emit('SIGINT');
  expect(calls).toEqual(['stop']);
});

test('a second press gives up, whichever the signals', () => {
  const { source, calls, clock } = listen();
  source.emit('SIGTERM');
  clock.now = 2000;
  source.emit('SIGINT');
  expect(calls).toEqual(['stop', 'give up']);
});

test('released, it holds nothing', () => {
  const { source, release } = listen();
  release();
  expect(source.eventNames()).toEqual([]);
});
