/** The curves of a run as one SVG file. */
import * as Plot from '@observablehq/plot';
import { DOMParser } from 'linkedom';
import type { Evaluation } from '../train/events.ts';
import { isOfValues, metricsIn, type History, type HistoryEntry } from './history.ts';
import { formatLoss, formatRate, isChanging } from './table.ts';

const WIDTH = 960, HEIGHT = 440;
/** What a metric, or a learning rate that changes, takes below the two panels. */
const STRIP = 210;
const TOP = 106;
const PANELS: readonly Place[] = [{ width: 456, height: 300, left: 16, top: TOP }, { width: 456, height: 300, left: 488, top: TOP }];
/** Of one panel, all the width. */
const ALONE: Place = { width: 928, height: 300, left: 16, top: TOP };
const placeOf = (i: number, count: number): Place => (count === 1 ? ALONE : PANELS[i]) ?? { width: 928, height: 176, left: 16, top: HEIGHT + STRIP * (i - PANELS.length) };
export const FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
export const INK = '#1b1f24', QUIET = '#57606a', RULE = '#d8dee4';
/** More epochs than this are drawn without dots. */
const MOST_DOTS = 30;

/** One line of a panel. Values that are not finite leave a gap. */
interface Series {
  readonly name: string;
  readonly color: string;
  readonly dash: string;
  readonly points: readonly { readonly epoch: number; readonly value: number }[];
}

interface Place {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
}

interface Panel {
  readonly label: string;
  readonly series: readonly Series[];
  readonly domain: readonly [number, number];
  readonly show: (value: number) => string;
}

/**
 * Draws loss and accuracy per epoch, training and test, side by side, and below them each metric that was measured, and the
 * learning rate where it changes (else the title says it): an SVG of 960 x 440, and 210 more for each of these, on white that loads nothing from elsewhere. The same history
 * gives the same text.
 */
export function curvesSvg(history: History, title: string): string {
  const drawn = panels(history.epochs), height = HEIGHT + STRIP * Math.max(0, drawn.length - PANELS.length);
  const svg = newSvg(WIDTH, height, title, history.adapter.name);
  if (history.epochs.length === 0) {
    append(svg, 'text', { x: WIDTH / 2, y: HEIGHT / 2, 'font-size': 16, 'text-anchor': 'middle' }, 'No epoch was finished.');
    return svg.outerHTML;
  }
  drawn.forEach((panel, i) => drawPanel(svg, placeOf(i, drawn.length), panel));
  const has = (name: 'validation' | 'test'): boolean => history.epochs.some((entry) => entry[name]);
  const note = [
    'train: mean over the epoch, before each update, dropout on',
    ...(has('validation') ? ['val: held out of training, after the epoch'] : []),
    ...(has('test') ? ['test: whole test set, after the epoch'] : []),
    ...(isChanging(history.epochs) ? ["learning rate: at the epoch's last step"] : []),
  ];
  append(svg, 'text', { x: 24, y: height - 12, 'font-size': 12, fill: QUIET }, note.join(' \u00b7 '));
  return svg.outerHTML;
}

/** An empty picture on white under a title and, below that, the adapter, whose name says itself whether it is software. */
export function newSvg(width: number, height: number, title: string, adapter: string): Element {
  const empty = '<svg xmlns="http://www.w3.org/2000/svg"/>';
  const document = new DOMParser().parseFromString(empty, 'image/svg+xml') as unknown as Document;
  const svg = document.documentElement;
  setAttributes(svg, { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'font-family': FONT, fill: INK });
  append(svg, 'title', {}, title);
  append(svg, 'rect', { width, height, fill: '#ffffff' });
  const size = Math.min(20, (width - 2 * 24) / (0.66 * title.length)); // a long title gets smaller, not cut
  append(svg, 'text', { x: 24, y: 34, 'font-size': size.toFixed(1), 'font-weight': 600 }, title);
  append(svg, 'text', { x: 24, y: 56, 'font-size': 13, fill: QUIET }, adapter);
  return svg;
}

function panels(epochs: readonly HistoryEntry[]): Panel[] {
  const series = (pick: (evaluation: Evaluation) => number): Series[] => {
    const line = (name: 'train' | 'validation' | 'test') => epochs.map((entry) => {
      const evaluation = entry[name];
      const value = evaluation ? pick(evaluation) : NaN;
      return { epoch: entry.epoch, value: Number.isFinite(value) ? value : NaN }; // JSON has null for NaN
    });
    // Blue, green and orange: told apart with any kind of colour blindness, and by line style in print.
    const train = { name: 'train', color: '#1f6fb4', dash: '6 4', points: line('train') };
    const test = { name: 'test', color: '#d95f02', dash: 'none', points: line('test') };
    const validation = { name: 'val', color: '#009e73', dash: '2 3', points: line('validation') };
    return [train, ...(epochs.some((e) => e.validation) ? [validation] : []), ...(epochs.some((e) => e.test) ? [test] : [])];
  };
  const loss = series((evaluation) => evaluation.loss);
  const accuracy = series((evaluation) => 100 * evaluation.accuracy);
  const rates = epochs.map(({ epoch, learningRate = NaN }) => ({ epoch, value: learningRate }));
  const rate = { name: 'last', color: '#6f42c1', dash: 'none', points: rates };
  return [
    { label: 'Loss per sample', series: loss, domain: lossDomain(values(loss)), show: formatLoss },
    ...(epochs.some(({ train }) => isOfValues(train)) ? [] : [{ label: 'Accuracy (%)', series: accuracy, domain: percentDomain(values(accuracy)), show: (v: number) => `${v.toFixed(2)} %` }]),
    ...metricsIn(epochs).map((name): Panel => {
      const measured = series(({ metrics }) => metrics?.[name] ?? NaN).slice(1); // Not of the training set.
      return { label: name, series: measured, domain: nearDomain(values(measured)), show: formatLoss };
    }),
    ...(isChanging(epochs) ? [{ label: 'Learning rate', series: [rate], domain: lossDomain(values([rate])), show: formatRate }] : []),
  ];
}

const values = (series: readonly Series[]): number[] =>
  series.flatMap(({ points }) => points.map(({ value }) => value).filter(Number.isFinite));

/** From 0, or below where a loss is negative, to a little above the largest. */
function lossDomain(all: readonly number[]): [number, number] {
  const low = Math.min(0, ...all), high = Math.max(low, ...all);
  return high > low ? [low, high + 0.05 * (high - low)] : [low, low + 1];
}

/** The range of the values with some room. */
function nearDomain(all: readonly number[]): [number, number] {
  if (all.length === 0) return [0, 1];
  const low = Math.min(...all), high = Math.max(...all), room = 0.08 * (high - low) || 0.01 * Math.abs(high) || 0.01;
  return [low - room, high + room];
}

/** The range of the values with some room, at least one percent wide, within 0 to 100. */
function percentDomain(all: readonly number[]): [number, number] {
  if (all.length === 0) return [0, 100];
  const low = Math.min(...all), high = Math.max(...all);
  const room = Math.max(0.5, 0.08 * (high - low));
  return [Math.max(0, low - room), Math.min(100, high + room)];
}

function drawPanel(svg: Element, { width, height, left, top }: Place, { label, series, domain, show }: Panel): void {
  const group = append(svg, 'g', { transform: `translate(${left},${top})`, 'font-size': 13, 'text-anchor': 'middle' });
  // A legend of three takes a line of its own, below the label.
  const crowded = series.length > 2, legendY = crowded ? -8 : -20;
  append(group, 'text', { x: 8, y: crowded ? -30 : -20, 'font-size': 15, 'font-weight': 600, 'text-anchor': 'start' }, label);
  // The legend: the line as it is drawn, its name and its last value.
  [...series].reverse().forEach(({ name, color, dash, points }, i) => {
    const last = points.findLast(({ value }) => Number.isFinite(value));
    const x = width - 24 - 140 * i;
    const stroke = { stroke: color, 'stroke-width': 2.5, 'stroke-dasharray': dash };
    append(group, 'line', { x1: x - 128, x2: x - 102, y1: legendY - 5, y2: legendY - 5, ...stroke });
    append(group, 'text', { x: x - 96, y: legendY, 'text-anchor': 'start' }, `${name} ${last ? show(last.value) : '-'}`);
  });

  const epochs = series[0]!.points.map(({ epoch }) => epoch);
  const first = Math.min(...epochs), last = Math.max(...epochs);
  const plot = Plot.plot({
    document: svg.ownerDocument,
    width, height,
    marginLeft: 58, marginRight: 24, marginTop: 8, marginBottom: 44,
    x: { domain: first === last ? [first - 1, last + 1] : [first, last] },
    y: { domain, nice: true },
    marks: [
      Plot.gridY({ stroke: RULE, strokeOpacity: 1, ticks: 6 }),
      Plot.axisY({
        label: null, ticks: 6, tickSize: 0, tickPadding: 8, fontSize: 13, ...(domain[1] >= 1e4 ? { tickFormat: '.1e' } : domain[1] < 1e-3 ? { tickFormat: '.0e' } : {}),
      }),
      Plot.axisX(epochTicks(first, last), {
        label: 'epoch', labelAnchor: 'center', labelArrow: 'none', tickFormat: 'd', fontSize: 13,
      }),
      Plot.frame({ anchor: 'bottom', stroke: QUIET }),
      ...series.map(({ points, color, dash }) =>
        Plot.lineY(points, { x: 'epoch', y: 'value', stroke: color, strokeWidth: 2.5, strokeDasharray: dash })),
      ...(epochs.length <= MOST_DOTS
        ? series.map(({ points, color }) => Plot.dot(points, { x: 'epoch', y: 'value', fill: color, r: 4 }))
        : []),
    ],
  });
  // The marks only: Plot's own <svg> has a style element and a size that other viewers read differently.
  plot.querySelector('style')?.remove();
  group.append(...plot.children);
}

/** Whole epochs, at most about ten of them. */
export function epochTicks(first: number, last: number): number[] {
  const least = (last - first) / 10;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= least) ?? 1);
  const ticks: number[] = [];
  for (let epoch = Math.ceil(first / step) * step; epoch <= last; epoch += step) ticks.push(epoch);
  return ticks;
}

export function append(parent: Element, name: string, attributes: Record<string, string | number>, text?: string): Element {
  const child = parent.ownerDocument.createElementNS('http://www.w3.org/2000/svg', name);
  setAttributes(child, attributes);
  if (text !== undefined) child.textContent = text;
  parent.append(child);
  return child;
}

function setAttributes(element: Element, attributes: Record<string, string | number>): void {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
}
