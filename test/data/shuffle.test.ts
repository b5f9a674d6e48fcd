import { expect, test } from 'vitest';
import { epochOrder } from '../../src/data/shuffle.ts';
import { InputError } from '../../src/errors.ts';
import { STREAM, permutation } from '../../src/random.ts';
import { expectFault } from './helpers.ts';

const isPermutation = (order: Uint32Array): boolean => order.toSorted().every((value, i) => value === i);

test.each([1, 2, 3, 4, 5, 127, 128, 60_000])('the order of %i samples visits each once', (length) => {
  const order = epochOrder(length, 1, 0);
  expect(order).toHaveLength(length);
  expect(isPermutation(order)).toBe(true);
});

test('the same seed and epoch give the same order; another seed, seed word or epoch gives another', () => {
  const order = epochOrder(1000, 1, 0);
  expect(epochOrder(1000, 1, 0)).toEqual(order);
  for (const other of [epochOrder(1000, 2, 0), epochOrder(1000, 1, 1), epochOrder(1000, 1 + 2 ** 32, 0)]) {
    // Two independent permutations agree in one place on average (Poisson): more than 10 has probability 1e-8.
    expect(order.filter((value, i) => value === other[i]).length).toBeLessThan(10);
  }
  expect(permutation(1000, 1, STREAM.split, 0)).not.toEqual(order);
});

const chiSquare = (counts: readonly number[], expected: number): number =>
  counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);

test('all 24 orders of 4 samples are equally likely (chi-square, 23 degrees of freedom)', () => {
  const counts = new Map<string, number>(), draws = 24_000;
  for (let i = 0; i < draws; i++) {
    const key = epochOrder(4, i >> 6, i & 63).join('');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  // 49.73 is exceeded with probability 0.001, 7.53 undershot with 0.001 (chi-square tables).
  const statistic = chiSquare([...counts.values()], draws / 24);
  expect(statistic).toBeLessThan(49.73);
  expect(statistic).toBeGreaterThan(7.53);
});

test('every sample is equally likely at every place of 10 (chi-square, 81 degrees of freedom)', () => {
  const counts = Array.from({ length: 100 }, () => 0), draws = 10_000;
  for (let i = 0; i < draws; i++) {
    epochOrder(10, 7, i).forEach((value, place) => counts[10 * place + value]!++);
  }
  // Rows and columns have fixed sums. 126.1 is exceeded with probability 0.001.
  expect(chiSquare(counts, draws / 10)).toBeLessThan(126.1);
});

test.each([
  [0, 1, 0, 'length'], [1.5, 1, 0, 'length'], [2 ** 32, 1, 0, 'length'], [4, -1, 0, 'seed'], [4, 0.1, 0, 'seed'],
  [4, 1, -1, 'epoch'], [4, 1, 0.5, 'epoch'], [4, 1, 2 ** 32, 'epoch'],
])('epochOrder(%s, %s, %s) is refused for its %s', async (length, seed, epoch, says) => {
  await expectFault(() => epochOrder(length, seed, epoch), InputError, says);
});
