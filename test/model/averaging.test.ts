/** Weights of running averages: the recurrences against the sums they stand for. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { averageWeight, checkAveraging, ema, swa, type Averaging } from '../../src/model/averaging.ts';
import { expectClose } from '../cases/compare.ts';
import { expectFault } from '../data/helpers.ts';

/** The average of w_1, w_2, ... by average += weight * (w - average), from an average that must not matter. */
function averageOf(averaging: Averaging, weights: readonly number[]): number {
  let average = 1e6;
  weights.forEach((w, i) => {
    const weight = averageWeight(averaging, i + 1);
    average = weight === 1 ? w : average + weight * (w - average);
  });
  return average;
}

const WEIGHTS = Array.from({ length: 23 }, (_, i) => Math.sin(3 * i) + 0.1 * i);

describe('ema', () => {
  test.each([0.999, 0.9, 0.5])('decay %s is the sum of powers, the first weight copied', (decay) => {
    const n = WEIGHTS.length;
    // w_1 decay^(n-1) + (1 - decay) sum over i > 1 of decay^(n-i) w_i
    const want = WEIGHTS.reduce((sum, w, i) => sum + (i === 0 ? 1 : 1 - decay) * decay ** (n - 1 - i) * w, 0);
    expectClose('average', [averageOf(ema(decay), WEIGHTS)], [want], 1e-13, 0);
  });

  test('by hand: 0.999 unless given; 0 keeps the newest', () => {
    expect(ema()).toEqual({ type: 'ema', decay: 0.999 });
    expectClose('weights', [1, 2, 3, 1e6].map((t) => averageWeight(ema(0.75), t)), [1, 0.25, 0.25, 0.25], 0, 0);
    expect(averageOf(ema(0), WEIGHTS)).toBe(WEIGHTS.at(-1));
  });
});

describe('swa', () => {
  test.each([[1, 1], [5, 1], [5, 3], [1, 7], [20, 2]])('from update %i on, the mean of every %i-th', (start, every) => {
    for (let n = start; n <= WEIGHTS.length; n++) {
      const counted = WEIGHTS.slice(0, n).filter((_, i) => i + 1 >= start && (i + 1 - start) % every === 0);
      const mean = counted.reduce((a, b) => a + b, 0) / counted.length;
      expectClose(`after ${n}`, [averageOf(swa({ start, every }), WEIGHTS.slice(0, n))], [mean], 1e-13, 1e-15);
    }
  });

  test('before that it is the weights themselves', () => {
    expect(averageOf(swa({ start: 9 }), WEIGHTS.slice(0, 8))).toBe(WEIGHTS[7]);
    expect([1, 2, 3, 4, 5, 6, 7].map((t) => averageWeight(swa({ start: 3, every: 2 }), t))).toEqual([1, 1, 1, 0, 1 / 2, 0, 1 / 3]);
    expect(swa({ start: 9 })).toEqual({ type: 'swa', start: 9, every: 1 });
  });
});

test('without averaging nothing is averaged', () => {
  expect([1, 2, 9].map((t) => averageWeight(undefined, t))).toEqual([0, 0, 0]);
});

test.each<[string, () => unknown, string[]]>([
  ['a decay of 1', () => ema(1), ['ema', '[0, 1)', 'got 1']],
  ['a negative decay', () => ema(-0.1), ['ema', '-0.1']],
  ['a decay of NaN', () => ema(NaN), ['ema', 'NaN']],
  ['a decay in words', () => ema('slow' as never), ['ema', '"slow"']],
  ['a start of 0', () => swa({ start: 0 }), ['swa', '1 or more', '0 and 1']],
  ['half a start', () => swa({ start: 1.5 }), ['swa', '1.5']],
  ['no start', () => swa({} as never), ['swa', 'undefined']],
  ['every 0', () => swa({ start: 1, every: 0 }), ['swa', '1 and 0']],
  ['nothing', () => checkAveraging(undefined as never), ['ema(...) or swa(...)', 'undefined']],
  ['the maker', () => checkAveraging(ema as never), ['ema(...) or swa(...)']],
  ['another type', () => checkAveraging({ type: 'mean' } as never), ['ema(...) or swa(...)', '"mean"']],
])('%s is refused', async (_, make, says) => {
  await expectFault(make, InputError, ...says);
});
