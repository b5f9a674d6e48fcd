import { describe, expect, test } from 'vitest';
import { formatFigure, tablesOf } from '../../demo/bench-table.ts';
import type { Result } from '../../src/bench/types.ts';

const result = (label: string, given: Partial<Result> = {}): Result => ({
  key: `step/${label}`, suite: 'step', label, meaning: 'Time per step.', unit: 'ms', better: 'lower', samples: [3, 1, 2],
  parameters: {}, derived: {}, ...given,
});

test.each([
  [0, '0'], [0.001234, '0.00123'], [0.5, '0.500'], [9.876, '9.88'], [42.25, '42.3'], [123.4, '123'], [1234567.8, '1,234,568'], [-2.5, '-2.50'], [NaN, '–'], [Infinity, '–'],
])('%d is written %s', (value, text) => {
  expect(formatFigure(value)).toBe(text);
});

describe('tablesOf', () => {
  test('medians, the range with its unit once, and what follows from them', () => {
    const [table] = tablesOf([result('batch 32', { derived: { 'images/s': 16000 } }), result('batch 128', { samples: [4] })]);
    expect(table).toEqual({
      meaning: 'Time per step.',
      head: ['', 'Median', 'Lowest to highest', 'images/s'],
      rows: [['batch 32', '2.00 ms', '1.00 to 3.00 ms', '16,000'], ['batch 128', '4.00 ms', '–', '']],
    });
  });

  test('derived figures: a share in percent, microseconds as µs', () => {
    const [table] = tablesOf([result('a', { derived: { 'share of FMA ceiling': 0.35, 'encode per step, us': 21 } })]);
    expect([table!.head.slice(3), table!.rows[0]!.slice(3)]).toEqual([['share of FMA ceiling', 'encode per step, µs'], ['35.0 %', '21.0']]);
  });

  test('another meaning or unit begins another table', () => {
    const results = [result('a'), result('b'), result('c', { meaning: 'Ratio.' }), result('d', { meaning: 'Ratio.', unit: 'ratio' })];
    expect(tablesOf(results).map(({ rows }) => rows.map(([label]) => label))).toEqual([['a', 'b'], ['c'], ['d']]);
  });

  test.each([
    ['share', [0.35], '35.0 %'], ['ratio', [2.5], '2.50 ×'], ['difference', [1.5e-7], '1.5e-7'], ['difference', [0], '0'],
    ['us', [14], '14.0 µs'], ['bytes', [61634], '61,634 bytes'],
  ] as const)('a %s of %d reads %s', (unit, samples, text) => {
    expect(tablesOf([result('a', { unit, samples })])[0]!.rows[0]![1]).toBe(text);
  });

  test('nothing measured, no table', () => {
    expect(tablesOf([])).toEqual([]);
  });
});
