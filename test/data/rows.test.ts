/** Rows of objects: what becomes of columns, what is learned, and that later rows become the same. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromRows, prepareRows } from '../../src/data/table/rows.ts';
import type { CategoryColumn, NumberColumn, Preparation, Row, TableOptions } from '../../src/data/table/types.ts';
import { InputError } from '../../src/errors.ts';
import { expectFault } from './helpers.ts';

const rows: readonly Row[] = [
  { age: 31, city: 'Oslo', isNew: true, price: 1.5 }, { age: '40', city: ' Rom ', isNew: false, price: 2 }, { age: 22n, city: 'Oslo', isNew: true, price: 4 },
];
const saved = (preparation: Preparation): Preparation => JSON.parse(JSON.stringify(preparation)) as Preparation;
const inputsOf = (list: readonly Row[], options: TableOptions): number[][] => {
  const { data } = fromRows(list, options);
  return Array.from({ length: data.length }, (_, i) => [...data.inputs.subarray(i * data.width, (i + 1) * data.width)]);
};

test('numbers are one input each, texts one per text, in the order of the columns', () => {
  const { data, inputNames, preparation } = fromRows(rows, { target: 'price' });
  expect(inputNames).toEqual(['age', 'city=Oslo', 'city=Rom', 'isNew=false', 'isNew=true']);
  expect([...data.inputs]).toEqual([31, 1, 0, 0, 1, 40, 0, 1, 1, 0, 22, 1, 0, 0, 1]);
  expect(data).toMatchObject({ name: 'data', shape: [5], length: 3, targetWidth: 1, classes: 0, scale: 1, targets: Float32Array.of(1.5, 2, 4) });
  expect(preparation).toEqual({
    format: 1, missing: ['', 'na', 'n/a', 'nan', '?', 'null'], unknown: 'refuse', targets: { kind: 'value', columns: ['price'] },
    inputs: [{ column: 'age', kind: 'number' }, { column: 'city', kind: 'category', categories: ['Oslo', 'Rom'] }, { column: 'isNew', kind: 'category', categories: ['false', 'true'] }],
  });
});

describe('targets', () => {
  test('texts are classes, sorted or as named; numbers are values, unless classes are asked for', () => {
    expect(fromRows(rows, { target: 'city' }).data).toMatchObject({ classNames: ['Oslo', 'Rom'], classes: 2, targets: Uint32Array.of(0, 1, 0), targetWidth: 0 });
    expect(fromRows(rows, { target: 'city', classNames: ['Rom', 'Paris', 'Oslo'] }).data).toMatchObject({ classes: 3, targets: Uint32Array.of(2, 0, 2) });
    expect(fromRows(rows, { target: 'price', targetKind: 'class' }).data).toMatchObject({ classNames: ['1.5', '2', '4'], targets: Uint32Array.of(0, 1, 2) });
    expect(fromRows(rows, { target: 'isNew' }).data).toMatchObject({ classNames: ['false', 'true'] });
  });

  test('several columns of numbers are vectors; none, and each sample is its own', () => {
    expect(fromRows(rows, { target: ['price', 'age'] }).data).toMatchObject({ targetWidth: 2, targets: Float32Array.of(1.5, 31, 2, 40, 4, 22) });
    expect(fromRows(rows, { target: [], exclude: ['city', 'isNew'] }).data).toMatchObject({ targets: 'inputs', targetWidth: 2 });
  });

  test.each<[string, TableOptions, (string | number)[]]>([
    ['none named', {}, ['target', 'undefined']],
    ['an unknown one', { target: 'prize' }, ['no column "prize"', 'Did you mean price?']],
    ['texts as values', { target: 'city', targetKind: 'value' }, ['rows[0].city', 'text']],
    ['texts among several', { target: ['price', 'city'] }, ['rows[0].city', 'text']],
    ['several classes', { target: ['isNew', 'city'], targetKind: 'class' }, ['classes are one column']],
    ['a class that is not named', { target: 'city', classNames: ['Oslo'] }, ['rows[1].city', '"Rom"', 'classNames']],
    ['every column', { target: ['price', 'age'], exclude: ['city', 'isNew'] }, ['no column is left']],
    ['an input', { target: 'price', columns: ['price', 'age'] }, ['price', 'Name it once']],
  ])('refuses %s', async (_, options, says) => {
    await expectFault(() => fromRows(rows, options), InputError, ...says);
  });

  test('a missing one is refused by row and column', async () => {
    await expectFault(() => fromRows([...rows, { age: 1, city: 'Oslo', isNew: true }], { target: 'price', fill: 0 }), InputError, 'rows[3].price', 'no value to be predicted');
    await expectFault(() => fromRows([...rows, { age: 1, city: 'NA', isNew: true, price: 1 }], { target: 'city' }), InputError, 'rows[3].city', 'no value to be predicted');
  });
});

test('columns are chosen, excluded, and taken for names', () => {
  expect(fromRows(rows, { target: 'price', columns: ['isNew', 'age'] }).inputNames).toEqual(['isNew=false', 'isNew=true', 'age']);
  expect(fromRows(rows, { target: 'price', exclude: ['city', 'isNew'] }).inputNames).toEqual(['age']);
  expect(fromRows(rows, { target: 'price', columns: ['age'], categorical: ['age'] }).inputNames).toEqual(['age=22', 'age=31', 'age=40']);
});

const gaps: readonly Row[] = [{ x: 1, c: 'b', y: 0 }, { x: 3, c: 'a', y: 0 }, { x: null, c: 'b', y: 0 }, { x: 8, c: ' NA', y: 0 }, { x: 3, c: 'a', y: 0 }, { x: '?', y: 0 }, { x: NaN, c: null, y: 0 }];
describe('missing values', () => {
  test.each<[string, TableOptions['fill'], number | undefined, string | undefined]>([
    ['mean', 'mean', 3.75, 'a'], ['median', 'median', 3, 'a'], ['mode', 'mode', 3, 'a'],
    ['by column', { x: -1, c: 'none' }, -1, 'none'], ['by column, some', { x: 'mean', c: 'mode' }, 3.75, 'a'],
  ])('are filled: %s', (_, fill, number, text) => {
    const { preparation } = fromRows(gaps, { target: 'y', fill: fill! });
    expect(preparation.inputs).toMatchObject([{ fill: number }, { fill: text }]);
    const at = (preparation.inputs[1] as CategoryColumn).categories.indexOf(text!);
    const own = inputsOf(gaps, { target: 'y', fill: fill! });
    for (const row of [2, 5, 6]) expect(own[row]![0]).toBe(number);
    for (const row of [3, 5, 6]) expect(own[row]!.slice(1)).toEqual(own[row]!.slice(1).map((_one, i) => Number(i === at)));
  });

  test('one number fills numbers, one text texts; the others are refused', async () => {
    await expectFault(() => fromRows(gaps, { target: 'y', fill: 0 }), InputError, 'rows[3].c', 'no value', "fill: 'mode'");
    await expectFault(() => fromRows(gaps, { target: 'y', fill: 'none' }), InputError, 'rows[2].x', 'no value', "fill: 'median'");
    await expectFault(() => fromRows(gaps, { target: 'y', fill: { x: 'none' } }), InputError, 'fill of x', '"none"');
    await expectFault(() => fromRows(gaps, { target: 'y' }), InputError, 'rows[2].x', 'no value');
    await expectFault(() => fromRows(gaps, { target: 'y', fill: { z: 1 } }), InputError, 'no column "z"');
    await expectFault(() => fromRows([{ x: null, y: 1 }], { target: 'y', fill: 'mean' }), InputError, 'column x', 'no value in any row');
  });

  test('what stands for them can be said', () => {
    expect(inputsOf([{ x: -999, y: 1 }, { x: '-', y: 1 }, { x: 2, y: 1 }], { target: 'y', missing: ['-'], fill: 'median' })).toEqual([[-999], [-498.5], [2]]);
  });
});

describe('outliers', () => {
  const golden = (JSON.parse(readFileSync('test/golden/tables.json', 'utf8')) as { bmi: { quantiles: number[]; deviations: number[]; clipped: number } }).bmi;
  const bmi = readFileSync('test/data/tables/diabetes.csv', 'utf8').trim().split('\n').slice(1).map((line): Row => ({ bmi: Number(line.split(',')[2]), y: 0 }));

  test.each<[keyof typeof golden & ('quantiles' | 'deviations'), TableOptions['clip']]>([['quantiles', { quantiles: [0.01, 0.99] }], ['deviations', { deviations: 2 }]])('are clipped at %s, as NumPy has them', (key, clip) => {
    const { preparation, data } = fromRows(bmi, { target: 'y', clip: clip! }), { clip: bounds } = preparation.inputs[0] as Required<NumberColumn>;
    bounds.forEach((bound, i) => expect(Math.abs(bound - golden[key][i]!)).toBeLessThan(1e-12 * golden[key][i]!));
    const given = bmi.map(({ bmi: value }) => Math.fround(Math.min(Math.max(value as number, golden[key][0]!), golden[key][1]!)));
    data.inputs.forEach((value, i) => expect(Math.abs(value - given[i]!)).toBeLessThan(1e-5));
  });

  test('before means are taken, and in the columns that are named', () => {
    const { preparation } = fromRows(bmi, { target: 'y', clip: { quantiles: [0.01, 0.99] }, fill: 'mean' });
    expect((preparation.inputs[0] as { fill: number }).fill).toBeCloseTo(golden.clipped, 12);
    const two = [{ a: 1, b: 1, y: 0 }, { a: 9, b: 9, y: 0 }];
    expect(fromRows(two, { target: 'y', clip: { quantiles: [0, 0.5], columns: ['b'] } }).preparation.inputs).toEqual([{ column: 'a', kind: 'number' }, { column: 'b', kind: 'number', clip: [1, 5] }]);
  });

  test.each([{}, { quantiles: [0.9, 0.1] }, { quantiles: [0.1] }, { quantiles: [-0.1, 1] }, { deviations: 0 }, { deviations: 1, quantiles: [0, 1] }, { deviations: NaN }, { quantiles: 3 }])('%j is refused', async (clip) => {
    await expectFault(() => fromRows(bmi, { target: 'y', clip: clip as never }), InputError, 'clip');
  });
});

test('with a split, numbers are learned of the training rows alone, texts of all', () => {
  const list = Array.from({ length: 40 }, (_, i): Row => ({ x: i * i, c: `c${i}`, y: i }));
  const { data, validation, preparation } = fromRows([...list, { x: null, c: 'c0', y: 40 }], { target: 'y', fill: 'mean', clip: { quantiles: [0, 1] }, validation: 10, seed: 3 });
  const train = [...(data.targets as Float32Array)].filter((y) => y < 40).map((y) => y * y);
  expect([data.length, validation!.length, data.name, validation!.name]).toEqual([31, 10, 'data train', 'data validation']);
  expect(preparation.inputs[0]).toEqual({ column: 'x', kind: 'number', fill: expect.closeTo(train.reduce((sum, one) => sum + one, 0) / train.length, 9) as number, clip: [Math.min(...train), Math.max(...train)] });
  expect((preparation.inputs[1] as CategoryColumn).categories).toHaveLength(40);
  expect(Math.max(...validation!.inputs)).toBeLessThanOrEqual(Math.max(...train));
});

test('stratify and balance are of the training rows', () => {
  const list = Array.from({ length: 100 }, (_, i): Row => ({ x: i, y: i % 10 === 0 ? 'rare' : 'often' }));
  const { data, validation } = fromRows(list, { target: 'y', validation: 0.2, stratify: true, balance: 'weights' });
  const count = (targets: unknown): number => (targets as Uint32Array).filter((one) => one === 1).length;
  expect([count(data.targets), count(validation!.targets), validation!.weights]).toEqual([8, 2, undefined]);
  expect([...new Set(data.weights)]).toEqual([80 / (2 * 8), Math.fround(80 / (2 * 72))]);
  expect(fromRows(list, { target: 'y', balance: 'resample' }).data.length).toBe(180);
});

describe('later rows', () => {
  const { preparation, data } = fromRows(rows, { target: 'price', fill: 'median' });

  test('become the same inputs by what was saved as JSON, in whatever order their columns come', () => {
    expect(prepareRows(rows, saved(preparation))).toEqual(data.inputs);
    const turned = rows.map((row) => Object.fromEntries(Object.entries(row).reverse()));
    expect(fromRows(turned, { like: saved(preparation) }).data).toEqual(data);
    expect([...prepareRows([{ city: 'Rom', isNew: 'true', extra: 'x', age: undefined }], saved(preparation))]).toEqual([31, 0, 1, 0, 1]);
    expect(fromRows([{ age: 5, city: 'Rom', isNew: true }], { like: preparation, target: [] }).data).toMatchObject({ targets: 'inputs', length: 1 });
  });

  test('with texts that are not known are refused by row and column, or 0 where that was asked for', async () => {
    await expectFault(() => prepareRows([{ age: 1, city: 'Bern', isNew: true }], preparation), InputError, 'rows[0].city', '"Bern"', '["Oslo","Rom"]', "unknown: 'zeros'");
    const lenient = fromRows(rows, { target: 'price', unknown: 'zeros' }).preparation;
    expect([...prepareRows([{ age: 1, city: 'Bern', isNew: true }], lenient)]).toEqual([1, 0, 0, 0, 1]);
  });

  test('without a column, or with other values, are refused', async () => {
    await expectFault(() => prepareRows([{ age: 1, isNew: true }], preparation), InputError, 'no column "city"');
    await expectFault(() => prepareRows([{ age: 'old', city: 'Rom', isNew: true }], preparation), InputError, 'rows[0].age', '"old"');
    await expectFault(() => prepareRows([{ age: 1e39, city: 'Rom', isNew: true }], preparation), InputError, 'rows[0].age', '1e+39');
    await expectFault(() => fromRows(rows, { like: preparation, fill: 0 }), InputError, 'like says fill already. Leave fill out.');
    for (const wrong of [undefined, {}, { ...preparation, format: 2 }, { ...preparation, inputs: [{ column: 'age' }] }, { ...preparation, targets: { kind: 'class', columns: ['x'] } }, { ...preparation, inputs: [null] }]) {
      await expectFault(() => prepareRows(rows, wrong as never), InputError, 'preparation', 'format 1');
    }
  });
});

test.each<[string, unknown, TableOptions, string[]]>([
  ['no rows', [], { target: 'y' }, ['one or more objects']], ['lists', [[1, 2]], { target: 'y' }, ['objects']], ['nothing', undefined, { target: 'y' }, ['objects', 'undefined']],
  ['cells that hold more', [{ x: [1], y: 1 }], { target: 'y' }, ['rows[0].x', '[1]']],
  ['numbers among texts', [{ x: 1, y: 1 }, { x: 'a', y: 1 }], { target: 'y' }, ['rows[1].x', '"a" is no number', 'categorical']],
  ['too many texts', Array.from({ length: 101 }, (_, i) => ({ x: `t${i}`, y: i })), { target: 'y' }, ['column x', '101 different texts', 'maxCategories']],
  ['numbers with commas', [{ x: '1,5', y: 1 }], { target: 'y' }, ['rows[0].x', "decimal: ','"]],
  ['infinity', [{ x: Infinity, y: 1 }], { target: 'y' }, ['rows[0].x', 'Infinity']],
  ['limit 0', rows, { target: 'price', limit: 0 }, ['limit']], ['an unknown option', rows, { target: 'price', labels: 1 } as TableOptions, ['"labels"']],
  ['a bad fill', rows, { target: 'price', fill: NaN }, ['fill']], ['a bad list', rows, { target: 'price', exclude: 'age' as never }, ['exclude']],
])('fromRows refuses %s', async (_, list, options, says) => {
  await expectFault(() => fromRows(list as Row[], options), InputError, ...says);
});
