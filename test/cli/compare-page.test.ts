/** The page of `compare` and what it is drawn from. */
import { inflateSync } from 'node:zlib';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { curveOf, topOf } from '../../src/cli/compare/curves.ts';
import { methodGroup, STRENGTHS } from '../../src/cli/compare/methods.ts';
import { pageOf } from '../../src/cli/compare/page.ts';
import { pathGroups } from '../../src/cli/compare/path.ts';
import { ticksOf } from '../../src/cli/compare/path-charts.ts';
import { pngOf } from '../../src/cli/compare/png.ts';
import { summaryOf, type CompareFile } from '../../src/cli/compare/summary.ts';
import { epochsText, groupTable, notes, pathTable, spreadText } from '../../src/cli/compare/terminal.ts';
import type { CompareSettings, ReplicaRecord, RunRecord } from '../../src/cli/compare/types.ts';
import { filtersOf, logHistogram, weightsRecords } from '../../src/cli/compare/weights.ts';
import { weightShares } from '../../src/cli/compare/weights-charts.ts';

describe('weights', () => {
  it('are counted by decades, zeros in no bin', () => {
    const counts = logHistogram(Float32Array.of(0, -0, 1.5, -1.5, 0.15, 1e-20, 1e20, NaN));
    // From 1e-7, eight bins a decade: log10(1.5) = 0.176 is in the second bin of its decade.
    expect(counts[7 * 8 + 1]).toBe(2);
    expect(counts[6 * 8 + 1]).toBe(1);
    expect([counts[0], counts.at(-1)]).toEqual([1, 1]);
    expect(counts.reduce((a, b) => a + b)).toBe(5);
  });

  it('become a record per replica', () => {
    const parameters = new Map([
      ['layers.0.weight', Float32Array.of(0, 1, 2, 0, 0, 0)], ['layers.0.bias', Float32Array.of(0, 0)], ['layers.1.weight', Float32Array.of(1, 0)],
    ]);
    const [first, second] = weightsRecords(parameters, 2, [1, 3], new Set([1]));
    expect(first).toMatchObject({ layers: [{ name: 'layers.0.weight', weights: 3, zeros: 1 }, { name: 'layers.1.weight', weights: 1, zeros: 0 }] });
    expect(first!.filters).toBeUndefined();
    expect(second).toMatchObject({ layers: [{ zeros: 3 }, { zeros: 1 }], filters: { units: 1, height: 1, width: 3, largest: 0 } });
    const shares = weightShares([first!, second!])!;
    expect(shares.zeros).toBe(5 / 8);
    expect(shares.bins.reduce((sum, { share }) => sum + share, shares.zeros)).toBeCloseTo(1, 12);
  });

  it('are pictured: 127 is the largest, and only a zero is 0', () => {
    const { values, largest, units } = filtersOf(Float32Array.of(0, -4, 1, 1e-9, -1e-9, 2), [1, 2]);
    expect([units, largest, ...new Int8Array(Buffer.from(values, 'base64'))]).toEqual([3, 4, 0, -127, 32, 1, -1, 64]);
    expect(filtersOf(new Float32Array(40 * 4), [2, 2]).units).toBe(16);
  });
});

it('a PNG holds the pixels it was given', () => {
  const pixels = Uint8Array.from({ length: 2 * 3 * 4 }, (_, i) => 10 * i);
  const file = pngOf(pixels, 2, 3);
  expect(file.subarray(1, 4).toString()).toBe('PNG');
  expect([file.readUInt32BE(16), file.readUInt32BE(20), ...file.subarray(24, 29)]).toEqual([2, 3, 8, 6, 0, 0, 0]);
  const rows = inflateSync(file.subarray(41, 41 + file.readUInt32BE(33)));
  expect([...rows]).toEqual([0, 1, 2].flatMap((y) => [0, ...pixels.subarray(8 * y, 8 * y + 8)]));
  // The CRC of an empty IEND chunk is the same in every PNG.
  expect(file.subarray(-4).toString('hex')).toBe('ae426082');
});

const base: CompareSettings['base'] = {
  data: { name: '<mnist> & co', train: { images: '', labels: '' } }, validation: 0.2, hidden: [16], inputDropout: 0, dropout: 0, optimizer: 'momentum',
  learningRate: 0.05, momentum: 0.9, l1: 0, l2: 0, weightDecay: 0, batchSize: 10, seed: 1,
};

function replica(group: string, seed: number, more: Partial<ReplicaRecord> = {}): ReplicaRecord {
  const on = (accuracy: number) => ({ loss: 1 - accuracy, accuracy });
  return {
    group, seed, overrides: {},
    epochs: [1, 2, 3].map((epoch) => ({
      epoch, running: on(0.5), penalty: 0, zeros: 0.1 * seed, train: on(0.3 * epoch), validation: on(0.29 * epoch), test: on(0.28 * epoch - 0.01 * seed),
    })),
    weights: { layers: [{ name: 'layers.0.weight', weights: 100, zeros: 10 * seed }], histogram: Array.from({ length: 64 }, () => 1), ...(seed === 1 && { filters: filtersOf(new Float32Array(16 * 4).fill(1), [2, 2]) }) },
    ...more,
  };
}

function fileOf(settings: CompareSettings, runs: RunRecord[], more: Partial<CompareFile> = {}): CompareFile {
  return {
    format: 1, host: 'node', adapter: { name: 'Adapter <1>', state: 'software' }, versions: { gradshader: '1.2.3' }, settings, runs,
    data: { available: 100, used: 100, isReduced: false, test: 50, shape: [2, 2], classes: 4 }, choices: { epochs: [] }, summary: summaryOf(settings, runs), ...more,
  };
}

const run = (replicas: ReplicaRecord[]): RunRecord =>
  ({ stage: 'compare', samples: { train: 80, validation: 20, test: 50 }, evaluateEvery: 1, seconds: 6, isDone: true, replicas });
const methods: CompareSettings = { base, epochs: 3, seeds: [1, 2], groups: [methodGroup('none', STRENGTHS), methodGroup('l1', STRENGTHS)] };
const two = fileOf(methods, [run([replica('none', 1), replica('none', 2), replica('l1', 1), replica('l1', 2, { diverged: { step: 1, tensor: 't' }, epochs: [] })])]);

const path: CompareSettings = { base, epochs: 3, seeds: [1], groups: pathGroups('l1', [1e-5, 1e-4]), path: { key: 'l1', strengths: [1e-5, 1e-4] } };
const swept = fileOf(path, [run([replica('none', 1), replica('l1=1e-5', 1), replica('l1=1e-4', 1)])], { choices: { epochs: [], strength: 1e-4 } });

describe('curves', () => {
  it('have the mean and the band of the seeds that did not diverge', () => {
    const curve = curveOf(two.runs, methods.groups[0]!, 'test', 'error');
    expect(curve.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect([curve[2]!.low, curve[2]!.mean, curve[2]!.high]).toEqual([17, 17.5, 18].map((value) => expect.closeTo(value, 9)));
    expect(curveOf(two.runs, methods.groups[1]!, 'test', 'error').map(({ low, high }) => high - low)).toEqual([0, 0, 0]);
  });

  it('share a scale that leaves out the very beginning', () => {
    const point = (high: number) => ({ epoch: 1, mean: high, low: high, high });
    expect(topOf([[90, 10, 5].map(point), [80, 8, 4].map(point)])).toBeCloseTo(11, 9);
    expect(topOf([[point(90)]])).toBeCloseTo(99, 9);
  });
});

it('a path has ticks at decades, or at its own strengths', () => {
  expect(ticksOf({ key: 'l1', strengths: [1e-6, 1e-3] })).toEqual([1e-6, 1e-5, 1e-4, 1e-3]);
  expect(ticksOf({ key: 'maxNorm', strengths: [1, 2, 4] })).toEqual([1, 2, 4]);
  expect(ticksOf({ key: 'dropout', strengths: [0, 0.4, 0.8] })).toEqual([0, 0.4, 0.8]);
});

describe('the page', () => {
  it.each([['methods', two], ['path', swept], ['nothing yet', fileOf(methods, [])]])('of %s loads nothing from elsewhere', (_, file) => {
    const page = pageOf(file);
    const { document } = parseHTML(page);
    expect(document.querySelectorAll('script, link, iframe, object, [href]')).toHaveLength(0);
    for (const image of document.querySelectorAll('img')) expect(image.getAttribute('src')).toMatch(/^data:image\/png;base64,/);
    // Clip paths are referred to by url(#...), within the page.
    expect(page.replaceAll('http://www.w3.org/2000/svg', '').match(/https?:|url\((?!#)|@import/)).toBeNull();
  });

  it('has the table, the gap, curves, histograms and pictures of each method', () => {
    const { document } = parseHTML(pageOf(two));
    expect([...document.querySelectorAll('h2')].map(({ textContent }) => textContent))
      .toEqual(['Result', 'Error per epoch', 'Loss per epoch', 'Weights', 'First layer', 'How it was done']);
    expect(document.querySelectorAll('tbody tr')).toHaveLength(2);
    expect(document.querySelectorAll('tbody tr')[1]!.textContent).toContain('L1 (1 of 2 diverged)');
    expect(document.querySelectorAll('figure svg[role=img]')).toHaveLength(1 + 2 + 2 + 2);
    expect(document.querySelectorAll('img')).toHaveLength(2);
  });

  it('marks the chosen strength of a path', () => {
    const { document } = parseHTML(pageOf(swept));
    expect(document.querySelector('tr.chosen')!.textContent).toContain('1e-4 (chosen)');
    expect(document.querySelector('svg[aria-label^="Error against"]')!.textContent).toContain('chosen: 1e-4');
  });

  it('shows names as they are, and does not run them', () => {
    const page = pageOf(two);
    expect(page.includes('<mnist>')).toBe(false);
    expect(parseHTML(page).document.body.textContent!.includes('<mnist> & co')).toBe(true);
  });
});

describe('the terminal', () => {
  it('writes spreads', () => {
    expect(spreadText({ mean: 0.0231, deviation: 0.0012, low: 0, high: 1, count: 3 })).toBe('2.31 ± 0.12 %');
    expect(spreadText({ mean: 0.0231, deviation: NaN, low: 0, high: 1, count: 1 })).toBe('2.31 %');
    expect(spreadText(undefined)).toBe('-');
    expect([epochsText([8, 8]), epochsText([4, 8]), epochsText([])]).toEqual(['8', '4, 8', '-']);
  });

  it('has a table of methods', () => {
    expect(groupTable(two.summary)).toBe([
      '                          test error     train error     exact zeros  chosen epoch  test error there  seconds',
      'none                  17.50 ± 0.71 %  10.00 ± 0.00 %  15.00 ± 7.07 %             3    17.50 ± 0.71 %      3.0',
      'L1 (1 of 2 diverged)         17.00 %         10.00 %         10.00 %             3           17.00 %      3.0',
    ].join('\n'));
    expect(notes(two).join(' ')).toMatch(/over 2 seeds, after the last of 3 epochs.*test set of 50 alone.*4 replicas took 6.0 s side by side.*diverged are not in the averages/);
  });

  it('has a table of a path, and says when its choice is an end of it', () => {
    expect(pathTable(swept)).toMatch(/^ {2}l1 +validation error +train error +test error +exact zeros\n {2}1e-5 .+\n> 1e-4 +13.00 % +10.00 % +17.00 % +10.00 %$/);
    expect(notes(swept).join(' ')).toContain('an end of the path');
  });
});
