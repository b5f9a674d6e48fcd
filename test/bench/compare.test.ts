/** Two reports against each other: expected figures by hand. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { comparisonText } from '../../src/cli/bench/compare-text.ts';
import type { BenchReport } from '../../src/bench/types.ts';
import { compareReports, readReport, slowerThan, type Comparison } from '../../src/cli/bench/compare.ts';
import { reportOf, resultOf } from './command-support.ts';

const rate = { unit: 'images/s', better: 'higher' } as const;
const five = (value: number): number[] => [value, value, value, value, value];

describe('the slowdown', () => {
  test('is now / before of times and before / now of rates, the worst first; of equal samples the interval is the ratio itself', () => {
    const before = reportOf([resultOf('step/a', five(100)), resultOf('step/b', five(100)), resultOf('inference/c', five(300), rate)]);
    const now = reportOf([resultOf('step/a', five(80)), resultOf('step/b', five(150)), resultOf('inference/c', five(240), rate)]);
    const { changes } = compareReports(now, before);
    expect(changes.map((change) => [change.now.key, change.slowdown])).toEqual([
      ['step/b', { ratio: 1.5, low: 1.5, high: 1.5 }], ['inference/c', { ratio: 1.25, low: 1.25, high: 1.25 }], ['step/a', { ratio: 0.8, low: 0.8, high: 0.8 }],
    ]);
  });

  test('is of the medians; its interval lies between the extreme ratios and holds it', () => {
    const { changes: [change] } = compareReports(reportOf([resultOf('step/a', [10, 11, 12, 13, 100])]), reportOf([resultOf('step/a', [9, 10, 8, 7, 6])]));
    const { ratio, low, high } = change!.slowdown;
    expect(ratio).toBe(12 / 8);
    expect(low).toBeGreaterThanOrEqual(10 / 10);
    expect(low).toBeLessThan(ratio);
    expect(high).toBeGreaterThan(ratio);
    expect(high).toBeLessThanOrEqual(100 / 6);
  });
});

describe('--fail-above', () => {
  const verdict = (key: string, before: readonly number[], now: readonly number[], ratio: number, more = {}): boolean =>
    slowerThan(compareReports(reportOf([resultOf(key, now, more)]), reportOf([resultOf(key, before, more)])), ratio).length > 0;

  test('fails what is slower for certain, and only by more than the ratio', () => {
    expect(verdict('step/a', five(100), five(112), 1.1)).toBe(true);
    expect(verdict('step/a', five(100), five(108), 1.1)).toBe(false);
    expect(verdict('inference/a', five(112), five(100), 1.1, rate)).toBe(true);
    expect(verdict('inference/a', five(100), five(112), 1.1, rate)).toBe(false);
  });

  test('lets a median pass whose interval reaches below the ratio', () => {
    expect(verdict('step/a', [90, 95, 100, 105, 110], [90, 100, 115, 130, 140], 1.1)).toBe(false);
  });

  test('judges the library only, and only its speed', () => {
    const slower = (key: string, more = {}): boolean => verdict(key, five(100), five(200), 1.1, more);
    expect(slower('peers/train/gradshader', { parameters: { library: 'gradshader' } })).toBe(true);
    expect(slower('peers/train/jax-js', { parameters: { library: 'jax-js' } })).toBe(false);
    expect(slower('ceilings/dispatch')).toBe(false);
    expect(slower('cold/bytes/gradshader', { unit: 'bytes' })).toBe(false);
    expect(slower('peers/train/jax-js/ratio', { unit: 'ratio' })).toBe(false);
  });
});

test('losses that differ and shares have no ratio at all', () => {
  const one = resultOf('peers/agreement/x', [0, 1e-7], { unit: 'difference' });
  expect(compareReports(reportOf([one]), reportOf([one])).changes).toEqual([]);
});

test('keys of one side are listed; work that differs is not compared, and says how', () => {
  const epoch = (images: number) => resultOf('epoch/a', five(images), { parameters: { images, tile: String(images) } });
  const comparison = compareReports(reportOf([resultOf('step/new', [1]), epoch(1024)]), reportOf([resultOf('step/old', [1]), epoch(512)]));
  expect(comparison).toMatchObject({ changes: [], missing: ['step/old'], added: ['step/new'], unlike: ['epoch/a: images 512 then, 1024 now'] });
  const tile = (name: string) => reportOf([resultOf('kernels/a', five(1), { parameters: { tile: name } })]);
  expect(compareReports(tile('direct-4x4'), tile('quad-8x8')).changes).toHaveLength(1);
});

test('another adapter, host or machine is a warning that is seen', () => {
  const before = reportOf([resultOf('step/a', five(1))]);
  expect(compareReports(before, before).warnings).toEqual([]);
  const adapter = { ...before.adapter, name: 'Other' };
  const on = (host: BenchReport['host']): Comparison => compareReports(reportOf(before.results, { adapter, host }), before);
  const subjectsOf = ({ warnings }: Comparison): string[] => warnings.map((warning) => warning.split(' differs')[0]!);
  const newer = on({ ...before.host, version: 'Node.js v22', cores: 4 });
  expect(subjectsOf(newer)).toEqual(['The adapter', 'The host version', 'The machine']);
  expect(comparisonText(newer, before, 80).match(/^WARNING: /gm)).toHaveLength(3);
  expect(subjectsOf(on({ name: 'chrome', version: 'Chrome/1', platform: 'Linux', cores: 4 }))).toEqual(['The adapter', 'The host']);
});

describe('its text', () => {
  const before = reportOf([resultOf('step/momentum/batch=128/replicas=1', five(100)), resultOf('ceilings/fma', five(50), { unit: 'GFLOP/s', better: 'higher' })]);
  const now = reportOf([resultOf('step/momentum/batch=128/replicas=1', five(150)), resultOf('ceilings/fma', five(40), { unit: 'GFLOP/s', better: 'higher' })]);

  test.each([80, 120])('fits %d columns, with medians, slowdown, interval and verdict', (width) => {
    const text = comparisonText(compareReports(now, before), before, width, 1.1);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(text).toMatch(/^step\/momentum\/batch=128\/replicas=1 .*1\.50 × +1\.50 to 1\.50 +FAILED$/m);
    expect(text).toMatch(/^ceilings\/fma .*1\.25 × .*no verdict$/m);
    expect(text.replace(/\s+/g, ' ')).toContain('FAILED: 1 of 1 is slower by more than 1.10 times: step/momentum/batch=128/replicas=1.');
  });

  test('says so when all passed, and when there was nothing to judge', () => {
    expect(comparisonText(compareReports(now, before), before, 200, 2)).toContain('Passed: none of 1 ');
    expect(comparisonText(compareReports(now, reportOf([])), before, 200, 2)).toContain('Nothing to judge');
  });

  test('warns of intervals of few samples', () => {
    const few = reportOf([resultOf('step/a', [1, 2])]);
    expect(comparisonText(compareReports(few, few), few, 120)).toContain('fewer than 5 samples');
    expect(comparisonText(compareReports(now, before), before, 120)).not.toContain('fewer than');
  });
});

describe('reading a report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-compare-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const written = (content: unknown): string => {
    const file = join(folder, 'old.json');
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  const whole = reportOf([resultOf('step/a', [1])]);

  test('gives back what was written', async () => {
    expect(await readReport(written(whole))).toEqual(whole);
  });

  test.each<[string, unknown]>([
    ['is not JSON', '{'], ['it is no object', []], ['its format is 2', { ...whole, format: 2 }], ['it lacks results', { ...whole, results: 3 }],
    ['it lacks its date', { ...whole, adapter: undefined }], ['result 0 lacks', { ...whole, results: [{ ...whole.results[0]!, samples: [null] }] }],
    ['result 0 lacks', { ...whole, results: [{ ...whole.results[0]!, samples: [] }] }], ['result 0 lacks', { ...whole, results: [{ ...whole.results[0]!, suite: 'speed' }] }],
  ])('refuses a file that %s', async (words, content) => {
    const refusal = await readReport(written(content)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(InputError);
    expect((refusal as Error).message).toContain(words);
    expect((refusal as Error).message).toContain('Give the bench.json');
  });

  test('refuses a file that is not there', async () => {
    await expect(readReport(join(folder, 'none.json'))).rejects.toThrow(/none\.json cannot be read/);
  });
});
