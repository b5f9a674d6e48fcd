/** Quantiles against values by hand and NumPy's documentation of its default method; intervals against what must hold. */
import { describe, expect, test } from 'vitest';
import { quantile, ratioOf, summarize } from '../../src/bench/statistics.ts';

describe('quantile, type 7', () => {
  // Position (n - 1) p from 0: between 1 2 3 4 a quarter lies at 0.75, so 1.75.
  test.each([
    [[1, 2, 3, 4], 0.25, 1.75], [[1, 2, 3, 4], 0.5, 2.5], [[1, 2, 3, 4], 0.75, 3.25], [[1, 2, 3, 4], 0, 1], [[1, 2, 3, 4], 1, 4],
    [[10, 20, 40], 0.5, 20], [[10, 20, 40], 0.25, 15], [[10, 20, 40], 0.9, 36], [[7], 0.3, 7],
    [[3, 5, 7, 9, 11], 0.1, 3.8],
  ])('of %j at %d is %d', (sorted, p, want) => {
    expect(quantile(sorted, p)).toBeCloseTo(want, 12);
  });
});

describe('summarize', () => {
  test('sorts by size, not by text, and leaves the samples as they are', () => {
    const samples = [10, 9, 100, 1, 2];
    expect(summarize(samples)).toEqual({ median: 9, low: 2, high: 10, count: 5 });
    expect(samples).toEqual([10, 9, 100, 1, 2]);
  });

  test('of no samples is no number', () => {
    expect(summarize([])).toEqual({ median: NaN, low: NaN, high: NaN, count: 0 });
  });
});

describe('ratioOf', () => {
  test('is the ratio of the medians, in its interval', () => {
    for (const [a, b] of [[[10, 11, 12, 13, 30], [5, 5.5, 6, 7, 8]], [[1, 2], [3, 4]], [[3, 1, 2, 9], [2]], [[0.1, 0.2, 0.3], [100, 200, 300]]] as const) {
      const { ratio, low, high } = ratioOf(a, b);
      expect(ratio).toBe(summarize(a).median / summarize(b).median);
      expect(low).toBeLessThanOrEqual(ratio);
      expect(high).toBeGreaterThanOrEqual(ratio);
      expect(low).toBeGreaterThanOrEqual(Math.min(...a) / Math.max(...b));
      expect(high).toBeLessThanOrEqual(Math.max(...a) / Math.min(...b));
    }
  });

  test('without spread there is none in the interval', () => {
    expect(ratioOf([6, 6, 6], [3, 3, 3, 3])).toEqual({ ratio: 2, low: 2, high: 2 });
  });

  test('is that of a single pair', () => {
    expect(ratioOf([6], [4])).toEqual({ ratio: 1.5, low: 1.5, high: 1.5 });
  });

  test('draws the same each time; more spread, a wider interval; a unit changes nothing', () => {
    const a = [9, 10, 10.5, 11, 12], b = [4, 5, 5.2, 6, 7], one = ratioOf(a, b);
    expect(ratioOf(a, b)).toEqual(one);
    const wild = ratioOf([5, 8, 10.5, 14, 20], b);
    expect(wild.ratio).toBe(one.ratio);
    expect(wild.high - wild.low).toBeGreaterThan(one.high - one.low);
    const scaled = ratioOf(a.map((x) => 1024 * x), b.map((x) => 1024 * x));
    expect(scaled).toEqual(one);
  });

  test('covers the truth about as often as it says: 95 of 100 within what chance allows', () => {
    // Medians of 9 samples of the same distribution: the true ratio is 1. Binomial(200, 0.95) has sd 3.1; the percentile
    // bootstrap of a median is a few per cent off for so few samples, to either side.
    let state = 1, covered = 0;
    const uniform = (): number => (state = (state * 48271) % 2147483647) / 2147483647; // minstd (Park and Miller 1993)
    const sample = (): number[] => Array.from({ length: 9 }, () => 10 + uniform() + uniform() + uniform());
    for (let i = 0; i < 200; i++) {
      const { low, high } = ratioOf(sample(), sample());
      if (low <= 1 && high >= 1) covered++;
    }
    expect(covered).toBeGreaterThan(176);
    expect(covered).toBeLessThanOrEqual(200);
  });
});
