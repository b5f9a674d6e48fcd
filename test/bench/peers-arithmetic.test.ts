/** Turns, rows and differences of the peers suite, on made-up times. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { agreement, differences, isWithin } from '../../src/bench/peers/agreement.ts';
import { alternate, type Work } from '../../src/bench/alternate.ts';
import { batchArrays, batchRanges, type Contestant, type Run } from '../../src/bench/peers/contestant.ts';
import { JAX_VERSION } from '../../src/bench/peers/index.ts';
import { peerRows } from '../../src/bench/peers/rows.ts';
import { syntheticImages } from '../../src/bench/flagship.ts';
import { dataset } from '../../src/data/dataset.ts';
import { smallTask } from './peers-support.ts';

/** Works that take `milliseconds` a unit on a clock of their own, and what was run in order. */
function clockwork(units: readonly number[], perCall = 0): { works: Work[]; now: () => number; calls: [number, number][] } {
  let time = 0;
  const calls: [number, number][] = [];
  const works = units.map((milliseconds, i): Work => ({
    run: async (count) => {
      calls.push([i, count]);
      time += perCall + count * milliseconds;
      return count;
    },
  }));
  return { works, now: () => time, calls };
}

const never = new AbortController().signal;

test('every work is done for a tenth more than the time asked, in turns, backwards every other round', async () => {
  const { works, now, calls } = clockwork([1, 40]);
  const samples = await alternate(works, { seconds: 1, rounds: 4, budgetSeconds: 60, signal: never, now });
  expect(samples).toEqual([[1, 1, 1, 1], [40, 40, 40, 40]]);
  expect(calls.slice(-8)).toEqual([[0, 1100], [1, 28], [1, 28], [0, 1100], [0, 1100], [1, 28], [1, 28], [0, 1100]]);
  // Warmed up before anything is counted.
  expect(calls.findIndex(([work]) => work === 1)).toBeGreaterThan(1);
});

test('a sample is the whole time through the things done, the cost of a call included', async () => {
  const { works, now } = clockwork([1], 300);
  const [samples] = await alternate(works, { seconds: 1, rounds: 3, budgetSeconds: 60, signal: never, now });
  // 301 ms for one unit: four of them are taken for 1.1 s.
  expect(samples).toEqual([304 / 4, 304 / 4, 304 / 4]);
});

test('fewer rounds where they take longer than the budget, and an error below three', async () => {
  const slow = (): ReturnType<typeof clockwork> => clockwork([2000, 1000]); // One and two of them last 1.1 s.
  const { works, now } = slow();
  expect((await alternate(works, { seconds: 1, rounds: 9, budgetSeconds: 17, signal: never, now }))[0]).toHaveLength(4);
  const again = slow();
  await expect(alternate(again.works, { seconds: 1, rounds: 9, budgetSeconds: 8, signal: never, now: again.now }))
    .rejects.toThrow('3 rounds would take 12 s, more than the budget of 8 s');
});

test('an abort ends it with its reason', async () => {
  const stop = new AbortController(), reason = new Error('enough');
  const { works, now, calls } = clockwork([1]);
  const watched: Work = { run: async (count) => {
    if (calls.length === 6) stop.abort(reason);
    return works[0]!.run(count);
  } };
  await expect(alternate([watched], { seconds: 1, rounds: 100, budgetSeconds: 1000, signal: stop.signal, now })).rejects.toBe(reason);
  expect(calls.length).toBe(7);
});

const contestant = (way: string): Contestant => ({
  name: 'Other webgpu', library: 'Other', backend: 'webgpu', version: '1.0', way, notes: () => ({ dtype: 'float32' }),
  prepare: () => Promise.reject(new Error('not run here')),
});

test('the faster way is the row, the other stands beside it, and ratios go pair by pair', () => {
  const [row, ratio, ...rest] = peerRows({
    what: 'train/batch=128', kind: 'train', parameters: { batch: 128 }, own: [10, 20, 10],
    ways: [{ contestant: contestant('slow'), samples: [90, 50, 40] }, { contestant: contestant('fast'), samples: [30, 30, 80] }],
  });
  expect(rest).toEqual([]);
  expect(row).toMatchObject({
    key: 'peers/train/batch=128/Other webgpu', unit: 'ms', better: 'lower', samples: [30, 30, 80], derived: { 'slow, ms per step': 50 },
    parameters: { batch: 128, library: 'Other', backend: 'webgpu', version: '1.0', way: 'fast', dtype: 'float32' },
  });
  expect(ratio).toMatchObject({ key: 'peers/train/batch=128/Other webgpu/ratio', unit: 'ratio', samples: [3, 1.5, 8] });
});

test('inference is shown in images per second; the ratio is still of times', () => {
  const [row, ratio] = peerRows({ what: 'inference/batch=32', kind: 'infer', parameters: {}, own: [0.5, 0.5], ways: [{ contestant: contestant('one'), samples: [2, 4] }] });
  expect(row).toMatchObject({ unit: 'images/s', better: 'higher', samples: [500, 250], derived: {} });
  expect(ratio!.samples).toEqual([4, 8]);
});

test('batches are cut without overlap, the last shorter or left out', () => {
  expect(batchRanges(10, 4)).toEqual([{ first: 0, end: 4 }, { first: 4, end: 8 }, { first: 8, end: 10 }]);
  expect(batchRanges(10, 4, { whole: true })).toEqual([{ first: 0, end: 4 }, { first: 4, end: 8 }]);
});

test('a batch is what the network sees of its rows', () => {
  const data = dataset({ inputs: Uint8Array.of(0, 1, 2, 3, 4, 5), targets: [0, 2, 1], shape: [2], classes: 3, scale: 0.5, offset: 1 });
  const { inputs, oneHot, targets } = batchArrays(data, { first: 1, end: 3 });
  expect([...inputs]).toEqual([2, 2.5, 3, 3.5]);
  expect([...oneHot]).toEqual([0, 0, 1, 0, 1, 0]);
  expect([...targets]).toEqual([2, 1]);
});

test('synthetic images: a quarter of the pixels of a class pattern are blank, and every class occurs', () => {
  const { inputs, targets, width } = syntheticImages(2000, 50, 10);
  expect(new Set(targets).size).toBe(10);
  const first = targets.indexOf(3), pattern = Array.from({ length: width }, (_, column) => {
    const seen = new Set(Array.from(targets, (target, row) => (target === 3 ? inputs[row * width + column]! : 0)));
    return Math.max(...seen);
  });
  expect(first).toBeGreaterThanOrEqual(0);
  const bright = pattern.filter((value) => value > 0).length;
  const rows = Array.from(targets.keys()).filter((row) => targets[row] === 3);
  const shownPixels = rows.flatMap((row) => pattern.filter((value, column) => value > 0 && inputs[row * width + column] === value)).length;
  expect(shownPixels / (rows.length * bright)).toBeCloseTo(0.75, 1);
});

test('differences: NaN and what is missing agree with nothing', () => {
  expect(differences([1, 2.5], [1, 2])).toEqual([0, 0.5]);
  expect(isWithin([0, 1e-4], 1e-4)).toBe(true);
  expect(isWithin([0, 1.1e-4], 1e-4)).toBe(false);
  expect(isWithin(differences([1, NaN], [1, 2]), 1e-4)).toBe(false);
  expect(isWithin(differences([1], [1, 2]), 1e-4)).toBe(false);
});

test('a library whose losses are off by more than 1e-4 does not agree, one within does; its run is given back', async () => {
  let open = 0;
  const saying = (losses: number[]): Contestant => ({
    ...contestant('any'),
    prepare: async () => {
      open++;
      return { losses: async () => losses, dispose: async () => { open--; } } as unknown as Run;
    },
  });
  const expected = { gradshader: [2, 1], float64: [2, 1.00005] };
  expect((await agreement(saying([2, 1.00009]), smallTask(), expected)).agrees).toBe(true);
  const off = await agreement(saying([2, 0.99994]), smallTask(), expected);
  expect(off.agrees).toBe(false);
  expect(off.fromFloat64[1]).toBeCloseTo(1.1e-4, 6);
  expect(open).toBe(0);
});

test('the version said of jax-js is the pinned one', () => {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { devDependencies: Record<string, string> };
  expect(JAX_VERSION).toBe(devDependencies['@jax-js/jax']);
});
