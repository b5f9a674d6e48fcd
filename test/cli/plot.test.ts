import { DOMParser } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { curvesSvg, epochTicks } from '../../src/cli/plot.ts';
import type { History, HistoryEntry } from '../../src/cli/history.ts';

const history = (epochs: number, more: (epoch: number) => Partial<HistoryEntry> = () => ({})): History => ({
  format: 1, config: {}, adapter: { name: 'Some Adapter (software)', state: 'software' },
  epochs: Array.from({ length: epochs }, (_, i) => ({
    epoch: i + 1, step: 469 * (i + 1), train: { loss: 0.35 / (i + 1), accuracy: 1 - 0.1 / (i + 1) },
    test: { loss: 0.13 / (i + 1), accuracy: 1 - 0.03 / (i + 1) }, penalty: 0, objective: 0.35 / (i + 1), zeros: 0, seconds: 50,
    imagesPerSecond: 1200, ...more(i + 1),
  })),
});

const untested = (): Partial<HistoryEntry> => ({ test: undefined });
const parse = (svg: string): Document => new DOMParser().parseFromString(svg, 'image/svg+xml') as unknown as Document;
const texts = (svg: string): string[] => [...parse(svg).querySelectorAll('text')].map((text) => text.textContent ?? '');

/** The points of every curve as drawn: [x, y] in the panel, one list per stretch without a gap. */
function curves(svg: string): [number, number][][] {
  return [...parse(svg).querySelectorAll('g[aria-label="line"] path')].map((path) =>
    path.getAttribute('d')!.split(/[MLZ]/).filter(Boolean).map((pair) => pair.split(',').map(Number) as [number, number]));
}

describe('curvesSvg', () => {
  it('is one self-contained SVG on white', () => {
    const svg = curvesSvg(history(5), 'a <b> & "c"');
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg.match(/<svg/g)).toHaveLength(1);
    expect(svg).not.toMatch(/<style|<script|href|url\(|NaN|undefined|Infinity/);
    expect(svg.replace(/xmlns="[^"]*"/, '')).not.toContain('http');
    const ground = parse(svg).querySelector('rect')!;
    expect(['width', 'height', 'fill'].map((name) => ground.getAttribute(name))).toEqual(['960', '440', '#ffffff']);
    expect(parse(svg).querySelector('title')!.textContent).toBe('a <b> & "c"');
    expect(curvesSvg(history(5), 'a <b> & "c"')).toBe(svg);
  });

  it('labels axes, series, last values and adapter', () => {
    const found = texts(curvesSvg(history(5), 'title'));
    expect(found).toEqual(expect.arrayContaining(['title', 'Some Adapter (software)', 'Loss per sample', 'Accuracy (%)',
      'train 0.0700', 'test 0.0260', 'train 98.00 %', 'test 99.40 %', 'epoch', '1', '2', '3', '4', '5']));
  });

  it('draws each value where the axis says', () => {
    const svg = curvesSvg(history(5), 'title');
    const [trainLoss, testLoss, trainAccuracy, testAccuracy] = curves(svg);
    for (const curve of [trainLoss!, testLoss!, trainAccuracy!, testAccuracy!]) {
      expect(curve.map(([x]) => x)).toEqual([58, 151.5, 245, 338.5, 432]); // five epochs between the margins
    }
    // Loss is linear from 0 at the bottom (y = 256), so its heights are in the ratio of the values.
    const height = (curve: [number, number][], i: number): number => 256 - curve[i]![1];
    for (let i = 0; i < 5; i++) {
      expect(height(trainLoss!, i) / height(trainLoss!, 0)).toBeCloseTo(1 / (i + 1), 4);
      expect(height(testLoss!, i) / height(trainLoss!, i)).toBeCloseTo(0.13 / 0.35, 4);
    }
    // Accuracy: differences are, and higher is better.
    const rise = (curve: [number, number][]): number => curve[0]![1] - curve[4]![1];
    expect(rise(trainAccuracy!) / rise(testAccuracy!)).toBeCloseTo(0.1 / 0.03, 4);
    expect(rise(testAccuracy!)).toBeGreaterThan(0);
  });

  it('keeps everything inside the picture for any length and any values', () => {
    const cases = [history(1), history(2), history(50), history(500), history(5, () => ({ train: { loss: 0, accuracy: 1 }, ...untested() })),
      history(3, (e) => ({ train: { loss: 10 ** (4 * e), accuracy: 0 } })), history(2, () => ({ train: { loss: -1, accuracy: 0.5 } }))];
    for (const one of cases) {
      const svg = curvesSvg(one, 'title');
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
      const dots = [...parse(svg).querySelectorAll('circle')].map((dot) =>
        ['cx', 'cy'].map((name) => Number(dot.getAttribute(name))) as [number, number]);
      expect(dots.length).toBe(one.epochs.length > 30 ? 0 : one.epochs.length * (one.epochs[0]!.test ? 4 : 2));
      for (const [x, y] of [...curves(svg).flat(), ...dots]) {
        expect(x).toBeGreaterThanOrEqual(58);
        expect(x).toBeLessThanOrEqual(432);
        expect(y).toBeGreaterThanOrEqual(8);
        expect(y).toBeLessThanOrEqual(256);
      }
    }
  });

  it('draws a learning rate that changes below the others, from 0, and no other', () => {
    const constant = curvesSvg(history(5, () => ({ learningRate: 0.1 })), 'title');
    expect(texts(constant)).not.toContain('Learning rate');
    expect(constant).toBe(curvesSvg(history(5), 'title')); // As of a run that did not write it down.
    const svg = curvesSvg(history(5, (epoch) => ({ learningRate: 0.1 / epoch })), 'title');
    const ground = parse(svg).querySelector('rect')!;
    expect(['width', 'height'].map((name) => ground.getAttribute(name))).toEqual(['960', '650']);
    expect(texts(svg)).toEqual(expect.arrayContaining(['Learning rate', 'last 0.02']));
    const rate = curves(svg)[4]!;
    expect(rate.map(([x]) => x)).toEqual([58, 269.5, 481, 692.5, 904]);
    const height = (i: number): number => 132 - rate[i]![1]; // 0 is at 176 - 44
    for (let i = 0; i < 5; i++) expect(height(i) / height(0)).toBeCloseTo(1 / (i + 1), 4);
    // A resumed run of an older version: known from an epoch on.
    expect(curves(curvesSvg(history(5, (epoch) => (epoch > 3 ? { learningRate: 0.1 / epoch } : {})), 'title'))[4]).toHaveLength(2);
  });

  it('draws each metric below the others, of the sets that it was measured on', () => {
    const measured = (epoch: number): Partial<HistoryEntry> => ({
      validation: { loss: 1, accuracy: 0.5, metrics: { accuracy: 0.5, f1: 0.5 + epoch / 20, r2: -epoch } }, test: { loss: 1, accuracy: 0.5, metrics: { accuracy: 0.5, f1: 0.5 + epoch / 10, r2: NaN } },
    });
    const svg = curvesSvg(history(5, measured), 'title'), ground = parse(svg).querySelector('rect')!;
    expect(ground.getAttribute('height')).toBe(String(440 + 2 * 210));
    expect(texts(svg)).toEqual(expect.arrayContaining(['f1', 'val 0.7500', 'test 1.0000', 'r2', 'val -5.0000', 'test -']));
    expect(texts(svg)).not.toContain('accuracy');
    const [validation, test] = curves(svg).slice(6), rise = (curve: [number, number][]): number => curve[0]![1] - curve[4]![1];
    expect(rise(test!) / rise(validation!)).toBeCloseTo(2, 4);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(curvesSvg(JSON.parse(JSON.stringify(history(5, measured))) as History, 'title')).toBe(svg);
    // With a learning rate that changes: three strips.
    expect(parse(curvesSvg(history(5, (epoch) => ({ ...measured(epoch), learningRate: 1 / epoch })), 'title')).querySelector('rect')!.getAttribute('height')).toBe('1070');
  });

  it('leaves the test set out when there was none', () => {
    const svg = curvesSvg(history(5, untested), 'title');
    expect(curves(svg)).toHaveLength(2);
    expect(texts(svg).join(' ')).not.toContain('test');
  });

  it('leaves a gap where a value is not finite, also as JSON writes it', () => {
    const broken = history(5, (epoch) => (epoch === 3 ? { train: { loss: NaN, accuracy: 0.5 } } : {}));
    const svg = curvesSvg(broken, 'title');
    expect(parse(svg).querySelector('g[aria-label="line"] path')!.getAttribute('d')!.match(/M/g)).toHaveLength(2);
    expect(parse(svg).querySelectorAll('circle')).toHaveLength(19);
    expect(curvesSvg(JSON.parse(JSON.stringify(broken)) as History, 'title')).toBe(svg);
  });

  it('says so when no epoch was finished', () => {
    expect(texts(curvesSvg(history(0), 'title'))).toContain('No epoch was finished.');
  });

  it('makes room for a long title', () => {
    const size = (title: string): number => Number(parse(curvesSvg(history(1), title)).querySelector('text')!.getAttribute('font-size'));
    expect(size('short')).toBe(20);
    expect(size('x'.repeat(160)) * 160 * 0.66).toBeLessThanOrEqual(912 + 160 * 0.66 * 0.05);
  });
});

describe('epochTicks', () => {
  it('are whole, regular and about ten', () => {
    expect(epochTicks(1, 1)).toEqual([1]);
    expect(epochTicks(1, 5)).toEqual([1, 2, 3, 4, 5]);
    expect(epochTicks(3, 6)).toEqual([3, 4, 5, 6]);
    expect(epochTicks(1, 20)).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
    expect(epochTicks(1, 50)).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
    for (let last = 1; last < 3000; last += 7) {
      const ticks = epochTicks(1, last);
      expect(ticks.length).toBeGreaterThanOrEqual(Math.min(last, 4));
      expect(ticks.length).toBeLessThanOrEqual(11);
    }
  });
});
