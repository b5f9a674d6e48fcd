/** Bars and dots, one row per entry with its label above, so that they are read on a phone as on a wide screen; and lines. Pure. */
import * as Plot from '@observablehq/plot';
import { chart, CHART_WIDTH, COLOR, gridY } from '../svg.ts';
import { formatFigure } from './report-format.ts';

/** One measured value; `low` to `high` is drawn as its uncertainty. */
export interface Bar {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  /** The same of the run compared with: a mark beside it. */
  readonly before?: number;
  readonly color: string;
}

export interface BarRow {
  readonly label: string;
  readonly bars: readonly Bar[];
}

export interface BarsOptions {
  readonly title: string;
  /** Below the axis: what and in which unit. */
  readonly axis: string;
  readonly rows: readonly BarRow[];
  /** Short text of a value, at its bar and at the ticks. */
  format(value: number): string;
  /** Bars from 0 (default); dots on a logarithmic scale; or the bars of a row one after the other, with their sum. */
  readonly kind?: 'bars' | 'log-dots' | 'stacked';
  /** Value to compare with: a line through all rows, which dots start from. */
  readonly reference?: number;
}

interface Mark extends Bar {
  readonly start: number;
  readonly end: number;
  readonly top: number;
  readonly bottom: number;
}
interface Label { readonly y: number; readonly text: string }
interface Value { readonly y: number; readonly value: number }

const VALUES = 78, TOP = 2, LABEL = 18, BAR = 13, GAP = 9, AXIS = 38;
export const BEFORE_COLOR = COLOR.ink;

/** The 1, 2 and 5 of every decade that hold all values between them. */
function roundedDomain(values: readonly number[]): [number, number] {
  const round = (value: number, pick: (a: number, b: number) => boolean): number => {
    const decade = 10 ** Math.floor(Math.log10(value));
    const steps = [1, 2, 5, 10].map((step) => step * decade).filter((step) => pick(step, value));
    return pick(1, 2) ? steps.at(-1)! : steps[0]!;
  };
  const low = round(Math.min(...values) * 0.8, (a, b) => a <= b), high = round(Math.max(...values) * 1.05, (a, b) => a >= b);
  return [low, high];
}

/** More of them would run into each other. */
const MOST_TICKS = 6;

/** Decades, with their 2 and 5 where there is room. */
export function logTicks([low, high]: readonly [number, number]): number[] {
  const first = Math.floor(Math.log10(low) + 1e-9), last = Math.ceil(Math.log10(high) - 1e-9);
  const within = (ticks: readonly number[]): number[] => ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
  const decades = Array.from({ length: last - first + 1 }, (_, i) => Number(`1e${first + i}`));
  const all = within(decades.flatMap((decade) => [decade, 2 * decade, 5 * decade]));
  return all.length <= MOST_TICKS ? all : within(decades);
}

/** `20.0 %` as `20 %`: what stands at a tick is exact. */
const shorter = (text: string): string => text.replace(/(\.\d*?)0+(?= |$)/, '$1').replace(/\.(?= |$)/, '');

/** Everything with its place, in pixels from the top. A row of which nothing is known keeps its name. */
function marksOf({ rows, kind }: BarsOptions, floor: number): { marks: Mark[]; labels: Label[]; values: Value[]; height: number } {
  const marks: Mark[] = [], labels: Label[] = [], values: Value[] = [];
  let y = 0;
  for (const { label, bars } of rows) {
    labels.push({ y: y + LABEL / 2, text: label });
    y += LABEL;
    let sum = 0;
    for (const bar of bars) {
      const start = kind === 'stacked' ? sum : floor, end = kind === 'stacked' ? sum + bar.value : bar.value;
      sum += bar.value;
      marks.push({ ...bar, start, end, top: y, bottom: y + BAR });
      if (kind === 'stacked') continue;
      values.push({ y: y + BAR / 2, value: bar.value });
      y += BAR + 2;
    }
    if (kind === 'stacked') {
      values.push({ y: y + BAR / 2, value: sum });
      y += BAR + 2;
    }
    y += GAP;
  }
  return { marks, labels, values, height: y };
}

interface Layout extends ReturnType<typeof marksOf> {
  readonly format: BarsOptions['format'];
  readonly isLog: boolean;
}

/** The bars or dots themselves, their uncertainty, and the marks of the run compared with. */
function figures({ marks, isLog }: Layout, kind: BarsOptions['kind']): Plot.Markish[] {
  const isDrawn = (value: number): boolean => Number.isFinite(value) && (!isLog || value > 0);
  const drawn = marks.filter(({ value }) => isDrawn(value));
  const ranged = kind === 'stacked' ? [] : drawn.filter(({ low, high }) => low !== undefined && high !== undefined && isDrawn(low) && high > low);
  const y = ({ top, bottom }: Mark): number => (top + bottom) / 2;
  const bodies = isLog ? [
    Plot.ruleY(drawn, { x1: 'start', x2: 'end', y, stroke: 'color', strokeWidth: 2, strokeOpacity: 0.45 }),
    Plot.ruleY(ranged, { x1: 'low', x2: 'high', y, stroke: 'color', strokeWidth: 7, strokeOpacity: 0.35, strokeLinecap: 'round' }),
    Plot.dot(drawn, { x: 'end', y, fill: 'color', r: 5 }),
  ] : [
    Plot.rect(drawn, { x1: 'start', x2: 'end', y1: 'top', y2: 'bottom', fill: 'color', rx: kind === 'stacked' ? 0 : 2 }),
    Plot.ruleY(ranged, { x1: 'low', x2: 'high', y, stroke: COLOR.ink, strokeWidth: 1.5 }),
  ];
  const compared = drawn.filter(({ before }) => before !== undefined && isDrawn(before));
  return [...bodies, Plot.ruleX(compared, {
    x: 'before', y1: ({ top }: Mark) => top - 3, y2: ({ bottom }: Mark) => bottom + 3, stroke: BEFORE_COLOR, strokeWidth: 2, strokeDasharray: '3 2',
  })];
}

/** Names above the rows, on a halo of the panel's colour, and values to the right of them. */
const texts = ({ labels, values, format }: Layout): Plot.Markish[] => [
  Plot.text(labels, {
    frameAnchor: 'left', textAnchor: 'start', y: 'y', text: 'text', title: 'text', lineWidth: 26, textOverflow: 'ellipsis-end',
    fill: 'currentColor', stroke: COLOR.panel, strokeWidth: 4,
  }),
  Plot.text(values, { frameAnchor: 'right', textAnchor: 'start', dx: 8, y: 'y', text: ({ value }: { value: number }) => format(value), fontWeight: 600, fontVariant: 'tabular-nums' }),
];

/** From 0, or from one round value to another on a logarithmic scale; undefined where there is nothing to draw. */
function domainOf({ rows, kind, reference }: BarsOptions): [number, number] | undefined {
  const isLog = kind === 'log-dots';
  const ends = kind === 'stacked'
    ? rows.map(({ bars }) => bars.reduce((sum, { value }) => sum + value, 0))
    : rows.flatMap(({ bars }) => bars.flatMap(({ value, low = value, high = value, before = value }) => [value, low, high, before]));
  const usable = ends.filter((value) => Number.isFinite(value) && (!isLog || value > 0));
  if (usable.length === 0) return undefined;
  return isLog ? roundedDomain(reference === undefined ? usable : [...usable, reference]) : [0, Math.max(...usable) || 1];
}

/** Draws the rows in their order; '' where there is nothing to draw. */
export function barChart(options: BarsOptions): string {
  const { title, axis, kind, reference, format } = options, isLog = kind === 'log-dots';
  const domain = domainOf(options);
  if (domain === undefined) return '';
  const layout = { ...marksOf(options, isLog ? reference ?? domain[0] : 0), format, isLog };
  const ticks = isLog ? logTicks(domain) : 4, { height } = layout;
  return chart({
    title, width: CHART_WIDTH, height: TOP + height + AXIS, marginLeft: 14, marginRight: VALUES, marginTop: TOP, marginBottom: AXIS,
    x: { type: isLog ? 'log' : 'linear', domain },
    y: { type: 'linear', domain: [0, height], range: [TOP, TOP + height], axis: null },
    color: { type: 'identity' },
    marks: [
      Plot.gridX({ stroke: COLOR.rule, strokeOpacity: 1, ticks }),
      Plot.axisX({ ticks, tickSize: 0, tickFormat: (value: number) => shorter(format(value)), label: axis, labelAnchor: 'center', labelArrow: 'none', labelOffset: 34 }),
      // Not through the names.
      ...(reference === undefined ? [] : [Plot.ruleX(layout.marks, { x: () => reference, y1: ({ top }: Mark) => top - 1, y2: ({ bottom }: Mark) => bottom + 3, stroke: COLOR.ink, strokeWidth: 1.5 })]),
      ...figures(layout, kind), ...texts(layout),
    ],
  });
}

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

export interface Line {
  readonly color: string;
  readonly points: readonly Point[];
  /** Of the run compared with: drawn in dashes. */
  readonly before?: readonly Point[];
}

export interface CurveOptions {
  readonly title: string;
  /** What x is. */
  readonly axis: string;
  /** What y is, with its unit. */
  readonly quantity: string;
  readonly lines: readonly Line[];
}

/** x on a logarithmic scale with a tick at every value, y from 0. Band: the spread of each point. */
export function curveChart({ title, axis, quantity, lines }: CurveOptions): string {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].toSorted((a, b) => a - b);
  const highest = Math.max(...lines.flatMap(({ points, before = [] }) => [...points, ...before].map(({ high }) => high)));
  const left = 8 + 7 * formatFigure(highest).length;
  return chart({
    title, width: CHART_WIDTH, height: 250, marginLeft: left, marginRight: 16, marginTop: 26, marginBottom: 40,
    x: { type: 'log', base: 2, domain: [xs[0]!, xs.at(-1)!] },
    y: { domain: [0, highest * 1.05 || 1] },
    color: { type: 'identity' },
    marks: [
      ...gridY({ tickFormat: formatFigure }),
      Plot.text([quantity], { frameAnchor: 'top-left', dx: -left + 4, dy: -22, textAnchor: 'start', text: (text: string) => text, fill: COLOR.quiet }),
      Plot.axisX(xs, { tickSize: 4, tickFormat: String, label: axis, labelAnchor: 'center', labelArrow: 'none' }),
      ...lines.flatMap(({ color, points, before = [] }): Plot.Markish[] => [
        Plot.areaY(points, { x: 'x', y1: 'low', y2: 'high', fill: color, fillOpacity: 0.2 }),
        Plot.lineY(before.filter(({ x }) => xs.includes(x)), { x: 'x', y: 'y', stroke: color, strokeWidth: 1.5, strokeDasharray: '4 3' }),
        Plot.lineY(points, { x: 'x', y: 'y', stroke: color, strokeWidth: 2 }),
        Plot.dot(points, { x: 'x', y: 'y', fill: color, r: 4 }),
      ]),
    ],
  });
}
