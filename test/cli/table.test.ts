import { describe, expect, it } from 'vitest';
import type { HistoryEntry } from '../../src/cli/history.ts';
import { epochTable, formatBytes, formatCount, formatDuration, formatLoss, formatPercent } from '../../src/cli/table.ts';

describe('formats', () => {
  it.each([
    [0, '0 s'], [0.0312, '31 ms'], [0.00001, '1 ms'], [0.9994, '999 ms'], [0.9996, '1.0 s'], [4.21, '4.2 s'], [9.949, '9.9 s'],
    [9.96, '10 s'], [59.4, '59 s'], [59.6, '1 min 0 s'], [130, '2 min 10 s'], [3599.4, '59 min 59 s'], [3599.7, '1 h 00 min'],
    [3900, '1 h 05 min'], [7170, '2 h 00 min'], [4_000_000, '1 111 h 07 min'], [NaN, '?'], [Infinity, '?'], [-1, '?'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it.each([
    [0, '0 B'], [1023, '1023 B'], [1024, '1.00 KiB'], [1536, '1.50 KiB'], [10_230, '9.99 KiB'], [10_238, '10.0 KiB'],
    [102_300, '99.9 KiB'], [102_400, '100 KiB'], [1_048_000, '1023 KiB'], [1_048_100, '1.00 MiB'], [47_040_000, '44.9 MiB'],
    [2 ** 31, '2.00 GiB'], [2 ** 60, '1024 PiB'], [NaN, '?'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([[0, '0'], [999, '999'], [1103, '1 103'], [999.6, '1 000'], [1234567.4, '1 234 567'], [-12345, '-12 345'], [NaN, '?']])(
    '%d is counted %s', (value, text) => {
      expect(formatCount(value)).toBe(text);
    });

  it.each([[0, '0.0000'], [0.0812, '0.0812'], [2.71236, '2.7124'], [0.000321, '3.21e-4'], [12345, '1.23e+4'], [-0.5, '-0.5000'],
    [NaN, '?'], [null as unknown as number, '?']])('a loss of %d is %s', (loss, text) => {
    expect(formatLoss(loss)).toBe(text);
  });

  it('writes fractions as percent', () => {
    expect(formatPercent(0.9741)).toBe('97.41 %');
    expect(formatPercent(1)).toBe('100.00 %');
    expect(formatPercent(0.6314, 0)).toBe('63 %');
    expect(formatPercent(NaN)).toBe('?');
  });
});

const entry = (epoch: number, more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  epoch, step: 469 * epoch, train: { loss: 0.3 / epoch, accuracy: 0.9 }, penalty: 0, objective: 0.3 / epoch, zeros: 0,
  seconds: 54.4, imagesPerSecond: 1103.2, ...more,
});

describe('epochTable', () => {
  it('aligns the columns', () => {
    const test = { loss: 0.071, accuracy: 0.9801 };
    expect(epochTable([entry(9, { test }), entry(10, { test, zeros: 0.5 })])).toBe([
      'epoch  train loss  train acc  test loss  test acc    zeros  time  img/s',
      '    9      0.0333    90.00 %     0.0710   98.01 %   0.00 %  54 s  1 103',
      '   10      0.0300    90.00 %     0.0710   98.01 %  50.00 %  54 s  1 103',
    ].join('\n'));
  });

  it('leaves out what no epoch has, and leaves a cell empty where one epoch lacks it', () => {
    expect(epochTable([entry(1)])).toBe([
      'epoch  train loss  train acc  time  img/s',
      '    1      0.3000    90.00 %  54 s  1 103',
    ].join('\n'));
    const lines = epochTable([entry(1), entry(2, { test: { loss: 1, accuracy: 0.5 } })]).split('\n');
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines[1]).toMatch(/90\.00 % {23}54 s/); // 9 + 8 columns and 3 gaps of 2
  });

  it('shows a value that is not finite as a question mark', () => {
    expect(epochTable([entry(1, { train: { loss: NaN, accuracy: 0.1 } })]).split('\n')[1]).toMatch(/^ +1 +\? +10\.00 %/);
  });

  it('has a column for a learning rate that changes', () => {
    const table = (...rates: (number | undefined)[]): string[] => epochTable(rates.map((learningRate, i) => entry(i + 1, { learningRate }))).split('\n');
    expect(table(0.1, 0.1)[0]).not.toContain('learning rate');
    expect(table(undefined, 0.1)[0]).not.toContain('learning rate');
    const [heading, ...rows] = table(undefined, 0.1, 0.0123456, 0.000049249, 0);
    expect(heading).toContain('learning rate');
    ['?', '0.1', '0.0123', '4.92e-5', '0'].forEach((text, i) => expect(rows[i]).toContain(` ${text.padStart('learning rate'.length)}  `));
  });

  it('is a heading alone without epochs', () => {
    expect(epochTable([])).toBe('epoch  train loss  train acc  time  img/s');
  });
});
