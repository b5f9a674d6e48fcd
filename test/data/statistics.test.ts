/** Means, deviations and ranges, against scikit-learn and NumPy in double: test/golden/make-tables.py. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dataset } from '../../src/data/dataset.ts';
import { statisticsOf } from '../../src/data/statistics.ts';
import { loadCsv } from '../../src/data/table/csv.ts';
import { InputError } from '../../src/errors.ts';
import { normalize } from '../../src/model/normalize-maker.ts';
import { centerAndSpread, learned } from '../../src/train/normalised.ts';
import { expectFault } from './helpers.ts';

interface Golden {
  readonly mean: number[];
  readonly deviation: number[];
  readonly scale: number[];
  readonly minimum: number[];
  readonly maximum: number[];
  readonly range: number[];
  readonly all: { readonly mean: number; readonly deviation: number };
}
const { statistics } = JSON.parse(readFileSync('test/golden/tables.json', 'utf8')) as { statistics: Readonly<Record<string, Golden>> };
const targets: Readonly<Record<string, string>> = { 'iris.csv': 'species', 'breast-cancer.csv': 'diagnosis', 'diabetes.csv': 'progression' };
const FAR = [[4, 5], [7, 5], [13, 5], [16, 5]].map((row) => row.map((value) => 1e6 + value));

const close = (got: ArrayLike<number>, want: readonly number[]): void => {
  expect(got.length).toBe(want.length);
  want.forEach((value, i) => expect(Math.abs(got[i]! - value)).toBeLessThanOrEqual(1e-12 * Math.abs(value)));
};

test.each(Object.entries(statistics))('%s', async (name, golden) => {
  const data = name === 'far' ? dataset({ inputs: FAR, targets: 'inputs' }) : (await loadCsv(`test/data/tables/${name}`, { target: targets[name]! })).data;
  const own = statisticsOf(data, 'feature');
  expect(own.count).toBe(data.length);
  for (const key of ['mean', 'deviation', 'minimum', 'maximum'] as const) close(own[key], golden[key]);
  // As the scalers have them: a constant divides by 1.
  const centers = (kind: 'standard' | 'minMax'): readonly [number[], number[]] => {
    const made = learned(normalize({ kind }), data), all = golden.mean.map((_, feature) => centerAndSpread(made, feature));
    return [all.map(([center]) => center), all.map(([, spread]) => spread)];
  };
  close(centers('standard')[0], golden.mean);
  close(centers('standard')[1], golden.scale);
  close(centers('minMax')[0], golden.minimum);
  close(centers('minMax')[1], golden.range.map((range) => (range === 0 ? 1 : range)));
  const all = statisticsOf(data, 'all');
  expect(all.count).toBe(data.length * data.width);
  close(all.mean, [golden.all.mean]);
  close(all.deviation, [golden.all.deviation]);
});

test('a constant has deviation 0, whatever rounding makes of its sum', () => {
  const data = dataset({ inputs: Float32Array.from({ length: 1000 }, () => 0.1), targets: 'inputs', shape: [1] }), own = statisticsOf(data, 'feature');
  expect([own.mean[0], own.deviation[0]]).toEqual([Math.fround(0.1), 0]);
});

test('bytes as they are stored: 0 to 255', () => {
  const own = statisticsOf(dataset({ inputs: Uint8Array.of(0, 255, 10, 255), targets: [0, 1], shape: [2] }), 'feature');
  expect([[...own.mean], [...own.deviation], [...own.maximum]]).toEqual([[5, 255], [5, 0], [10, 255]]);
});

test.each([NaN, Infinity, -Infinity])('%s is named with its place', async (value) => {
  await expectFault(() => statisticsOf(dataset({ inputs: [[1, 2], [3, value]], targets: [0, 1] }), 'all'), InputError, 'value 1 of sample 1', value);
});
