/** Rare classes: held out in proportion, weighted, resampled; and what goes with the rows of a data set. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { balance } from '../../src/data/balance.ts';
import { dataset, shuffleTargets, split, subset, type Dataset } from '../../src/data/dataset.ts';
import { loadCsv } from '../../src/data/table/csv.ts';
import { InputError } from '../../src/errors.ts';
import { expectFault } from './helpers.ts';

const counts = ({ targets, classes }: Dataset): number[] => Array.from({ length: classes }, (_, one) => (targets as Uint32Array).filter((target) => target === one).length);
/** 70, 20 and 10 of three classes; a fourth has none. The input is the row's index. */
const skewed = dataset({ inputs: Array.from({ length: 100 }, (_, i) => [i]), targets: Array.from({ length: 100 }, (_, i) => (i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2)), classes: 4 });
const vectors = dataset({ inputs: [[0], [1], [2], [3]], targets: [[0, 10], [1, 11], [2, 12], [3, 13]], weights: [1, 2, 3, 4] });

describe('stratified split', () => {
  test('holds out as large a part of every class, disjoint and together everything, another for another seed', () => {
    const { train, validation } = split(skewed, { validation: 0.2, seed: 1, stratify: true });
    expect([counts(train), counts(validation)]).toEqual([[56, 16, 8, 0], [14, 4, 2, 0]]);
    expect([...train.inputs, ...validation.inputs].sort((a, b) => a - b)).toEqual([...skewed.inputs]);
    expect([...validation.inputs].every((row, i, all) => i === 0 || row > all[i - 1]!)).toBe(true);
    expect(split(skewed, { validation: 0.2, seed: 1, stratify: true }).validation).toEqual(validation);
    expect(split(skewed, { validation: 0.2, seed: 2, stratify: true }).validation.inputs).not.toEqual(validation.inputs);
  });

  test('whole samples go to the largest remainders', () => {
    // 7 of 100: 4.9, 1.4, 0.7.
    expect(counts(split(skewed, { validation: 7, seed: 1, stratify: true }).validation)).toEqual([5, 1, 1, 0]);
    expect(split(skewed, { validation: 99, seed: 1, stratify: true }).train.length).toBe(1);
  });

  test('needs classes', async () => {
    await expectFault(() => split(vectors, { validation: 1, seed: 1, stratify: true }), InputError, 'stratify', 'Leave it out');
    await expectFault(() => split(skewed, { validation: 1, seed: 1, stratify: 'yes' as never }), InputError, 'stratify', 'true or false');
  });
});

describe('vectors, weights and names go with their rows', () => {
  const at = (data: Dataset): unknown[] => [...data.inputs].map((row, i) => [row, [...(data.targets as Float32Array).subarray(2 * i, 2 * i + 2)], data.weights![i]]);
  const row = (i: number): unknown => [i, [i, 10 + i], i + 1];

  test('in split and subset', () => {
    const { train, validation } = split(vectors, { validation: 2, seed: 3 });
    for (const part of [train, validation]) expect(at(part)).toEqual([...part.inputs].map(row));
    expect(at(subset(vectors, [3, 0, 3]))).toEqual([3, 0, 3].map(row));
    expect(at(subset(vectors, { start: 1, end: 3 }))).toEqual([1, 2].map(row));
    const named = dataset({ inputs: [[0], [1]], targets: ['a', 'b'] });
    expect(subset(named, [1])).toMatchObject({ classNames: ['a', 'b'], classes: 2, length: 1 });
  });

  test('shuffled targets keep their weights; the inputs stay', () => {
    const shuffled = shuffleTargets(vectors, 2), targets = shuffled.targets as Float32Array;
    expect(shuffled.inputs).toBe(vectors.inputs);
    expect([...targets].filter((_, i) => i % 2 === 0).map((first) => first + 1)).toEqual([...shuffled.weights!]);
    expect([...shuffled.weights!].sort()).toEqual([1, 2, 3, 4]);
  });

  test('inputs that are their own targets: rows of them, and nothing to shuffle', async () => {
    const own = dataset({ inputs: [[0], [1], [2]], targets: 'inputs' });
    expect(subset(own, [2, 1])).toMatchObject({ targets: 'inputs', length: 2, targetWidth: 1 });
    expect(split(own, { validation: 1, seed: 1 }).train).toMatchObject({ targets: 'inputs', length: 2 });
    await expectFault(() => shuffleTargets(own, 1), InputError, 'its inputs');
  });
});

describe('balance', () => {
  test('by weights: n / (k n_c), as scikit-learn', async () => {
    const { labels, balanced } = JSON.parse(readFileSync('test/golden/tables.json', 'utf8')) as { labels: { classes: string[]; first: number[] }; balanced: number[] };
    const { data } = await loadCsv('test/data/tables/breast-cancer.csv', { target: 'diagnosis' }), { weights } = balance(data, { by: 'weights' });
    expect([data.classNames, [...(data.targets as Uint32Array).subarray(0, 40)]]).toEqual([labels.classes, labels.first]);
    balanced.forEach((weight, i) => expect(weights![i]).toBe(Math.fround(weight)));
  });

  test('by weights: sums of classes that have any are equal, and weights that were there are kept', () => {
    const sums = (data: Dataset): number[] => Array.from({ length: 4 }, (_, one) => data.weights!.reduce((sum, weight, i) => sum + (data.targets[i] === one ? weight : 0), 0));
    sums(balance(skewed, { by: 'weights' })).forEach((sum, one) => expect(sum).toBeCloseTo(one < 3 ? 100 / 3 : 0, 4));
    const twice = balance({ ...skewed, weights: new Float32Array(100).fill(2) }, { by: 'weights' });
    sums(twice).forEach((sum, one) => expect(sum).toBeCloseTo(one < 3 ? 200 / 3 : 0, 4));
  });

  test('by more samples: each class as many as the largest, its rows as often as that takes, give or take one', () => {
    const made = balance(skewed, { by: 'resample', seed: 1 });
    expect(counts(made)).toEqual([70, 70, 70, 0]);
    const times = Array.from({ length: 100 }, (_, i) => made.inputs.filter((row) => row === i).length);
    times.forEach((count, i) => expect(i % 10 < 7 ? [1] : i % 10 < 9 ? [3, 4] : [7]).toContain(count));
    expect(times.filter((_, i) => i % 10 === 7 || i % 10 === 8).reduce((sum, one) => sum + one, 0)).toBe(70);
    expect(balance(skewed, { by: 'resample', seed: 1 })).toEqual(made);
    expect(balance(skewed, { by: 'resample', seed: 2 }).inputs).not.toEqual(made.inputs);
  });

  test('refuses what has no classes, and other ways', async () => {
    await expectFault(() => balance(vectors, { by: 'weights' }), InputError, 'no classes', 'labels');
    await expectFault(() => balance(skewed, { by: 'smote' as never }), InputError, "'weights' or 'resample'");
    await expectFault(() => balance(skewed, { by: 'resample', seed: -1 }), InputError, 'seed');
  });
});
