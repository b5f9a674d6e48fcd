/** Deviations and curves as charts: of the page, and side by side in one SVG file. Pure. */
import * as Plot from '@observablehq/plot';
import { append, FONT, INK, newSvg, QUIET, RULE, epochTicks } from '../plot.ts';
import { chart, COLOR } from '../svg.ts';
import { curveOf } from './curves.ts';
import { deviationText, MEASURES, stepsOf, whenText, type DeviationRow, type Measure } from './deviations.ts';
import { reportedGroups, type CompareFile } from './summary.ts';
import type { Group } from './types.ts';
import { networkOf } from './variants.ts';

/** Told apart on white and on black, by any eyes; where they do not suffice they come again with dashes. */
const COLORS = ['#2f7fc4', '#d9661f', '#0a9d73', '#b83a8b', '#7b62d3', '#8a8f98', '#b8860b', '#c43c3c'];
const DASHES = ['none', '7 4', '2 3', '9 3 2 3', '1 5'];

interface Look {
  readonly color: string;
  readonly dash: string;
}

/** Activations by colour and inits by dashes, where there are several of both. */
export function looksOf(groups: readonly Group[]): ReadonlyMap<string, Look> {
  const names = (of: (group: Group) => unknown): string[] => [...new Set(groups.map((group) => JSON.stringify(of(group)) ?? ''))];
  const activations = names(({ change }) => change?.activation), inits = names(({ change }) => change?.init);
  const [colors, dashes] = activations.length > 1 ? [activations, inits] : [inits, activations];
  return new Map(groups.map(({ id, change }): [string, Look] => {
    const own = [JSON.stringify(change?.activation) ?? '', JSON.stringify(change?.init) ?? ''], [color, dash] = activations.length > 1 ? own : own.toReversed();
    const c = colors.indexOf(color!), d = dashes.indexOf(dash!) + Math.floor(c / COLORS.length);
    return [id, { color: COLORS[c % COLORS.length]!, dash: DASHES[d % DASHES.length]! }];
  }));
}

interface Line extends Look {
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

interface Panel {
  readonly label: string;
  readonly axis: string;
  readonly lines: readonly Line[];
  readonly ticks: readonly number[];
  readonly domain: readonly [number, number];
  readonly isLog: boolean;
}

/** The decades that hold all that is not 0; on a logarithmic axis that cannot be drawn. */
function decades(values: readonly number[]): [number, number] {
  const drawn = values.filter((value) => value > 0 && Number.isFinite(value));
  if (drawn.length === 0) return [0.1, 10];
  return [10 ** Math.floor(Math.log10(Math.min(...drawn))), 10 ** Math.ceil(Math.log10(Math.max(...drawn) * 1.0001))];
}

const LABELS: Readonly<Record<Measure, string>> = { activations: 'Deviation of activations', gradients: "Deviation of weights' gradients" };

function deviationPanels(rows: readonly DeviationRow[], groups: readonly Group[]): Panel[] {
  const looks = looksOf(groups), layers = Math.max(...rows.map(({ activations }) => activations.length));
  return MEASURES.flatMap((measure) => {
    const domain = decades(rows.flatMap((row) => row[measure])); // One for all steps: they are compared.
    return stepsOf(rows).map((step): Panel => ({
      label: `${LABELS[measure]}, ${whenText(step)}`, axis: 'layer', domain, isLog: true, ticks: epochTicks(0, layers - 1),
      lines: rows.filter((row) => row.step === step).map((row): Line =>
        ({ ...looks.get(row.group)!, points: row[measure].map((value, x) => ({ x, y: value > 0 && Number.isFinite(value) ? value : NaN })) })),
    }));
  });
}

/** Loss and error of the test set, epoch by epoch: means over the seeds. */
function curvePanels({ runs }: CompareFile, groups: readonly Group[]): Panel[] {
  const looks = looksOf(groups);
  return (['loss', 'error'] as const).flatMap((measure): Panel[] => {
    const lines = groups.map((group): Line => ({ ...looks.get(group.id)!, points: curveOf(runs, group, 'test', measure).map(({ epoch, mean }) => ({ x: epoch, y: mean })) }));
    const points = lines.flatMap((line) => line.points), epochs = points.map(({ x }) => x);
    if (points.length === 0) return [];
    const late = points.map(({ y }) => y).sort((a, b) => a - b)[Math.floor(0.95 * (points.length - 1))]!; // One that diverges would flatten all others.
    return [{
      label: measure === 'loss' ? 'Test loss per sample' : 'Test error (%)', axis: 'epoch', domain: [0, 1.1 * Math.max(late, 1e-3)], isLog: false,
      ticks: epochTicks(Math.min(...epochs), Math.max(...epochs)), lines,
    }];
  });
}

/** @param rule colour of the lines behind */
function optionsOf({ axis, lines, ticks, domain, isLog }: Panel, rule: string): Plot.PlotOptions {
  const drawn = lines.filter(({ points }) => points.length > 0), xs = drawn.flatMap(({ points }) => points.map(({ x }) => x)), [low, high] = [Math.min(...xs), Math.max(...xs)];
  const from = Math.log10(domain[0]), every = Math.max(1, Math.ceil((Math.log10(domain[1]) - from) / 6));
  const tens = Array.from({ length: 7 }, (_, i) => Number(`1e${Math.round(from) + i * every}`)).filter((value) => value <= domain[1] * 1.01);
  return {
    marginLeft: 52, marginRight: 12, marginTop: 8, marginBottom: 34,
    x: { domain: low < high ? [low, high] : [low - 1, low + 1] }, y: { domain: [...domain], type: isLog ? 'log' : 'linear' },
    marks: [
      Plot.gridY(isLog ? tens : undefined, { stroke: rule, strokeOpacity: 1, ticks: 5 }),
      Plot.axisY(isLog ? tens : undefined, { label: null, ticks: 5, tickSize: 0, tickPadding: 6, ...(isLog && { tickFormat: (value: number) => deviationText(value) }) }),
      Plot.axisX(ticks, { label: axis, labelAnchor: 'center', labelArrow: 'none', tickFormat: 'd' }),
      ...drawn.flatMap(({ points, color, dash }) => [
        Plot.lineY(points, { x: 'x', y: 'y', stroke: color, strokeWidth: 2, strokeDasharray: dash, clip: !isLog }),
        ...(points.length <= 12 ? [Plot.dot(points, { x: 'x', y: 'y', fill: color, r: 2.5, clip: !isLog })] : []),
      ]),
    ],
  };
}

const panelsOf = (file: CompareFile, groups: readonly Group[]): Panel[] => deviationPanels(file.deviations ?? [], groups);

/** Small charts for the page. */
export function deviationCharts(file: CompareFile): { label: string; svg: string }[] {
  const groups = reportedGroups(file.settings, file.runs);
  if ((file.deviations ?? []).length === 0) return [];
  return panelsOf(file, groups).map((panel) => ({ label: panel.label, svg: chart({ ...optionsOf(panel, COLOR.rule), title: panel.label }) }));
}

/** The lines of the charts, by name. */
export const lineLegend = (groups: readonly Group[]): { label: string; color: string; dash: string }[] => {
  const looks = looksOf(groups);
  return groups.map(({ id, label }) => ({ label, ...looks.get(id)! }));
};

const WIDTH = 960, PANEL = { width: 456, height: 270 } as const, ENTRY = 300, ROW = 22, TOP = 70;

/**
 * All of them in one file, on white: activations above, gradients below them, then loss and error on the test set. The same results give
 * the same text.
 */
export function deviationsSvg(file: CompareFile): string {
  const { settings } = file, title = `${settings.base.data.name}, ${networkOf(settings)}: ${settings.base.optimizer}, learning rate ${settings.base.learningRate}, batch ${settings.base.batchSize}, seeds ${settings.seeds.join(', ')}`;
  const groups = reportedGroups(file.settings, file.runs), legend = lineLegend(groups), perRow = Math.floor((WIDTH - 48) / ENTRY);
  const panels = [...panelsOf(file, groups), ...curvePanels(file, groups)], top = TOP + ROW * Math.ceil(legend.length / perRow) + 24;
  const height = top + (PANEL.height + 44) * Math.ceil(panels.length / 2) + 20;
  const svg = newSvg(WIDTH, height, title, file.adapter.name), { ownerDocument: document } = svg;
  legend.forEach(({ label, color, dash }, i) => {
    const x = 24 + ENTRY * (i % perRow), y = TOP + 12 + ROW * Math.floor(i / perRow);
    append(svg, 'line', { x1: x, x2: x + 34, y1: y - 4, y2: y - 4, stroke: color, 'stroke-width': 2.5, 'stroke-dasharray': dash });
    append(svg, 'text', { x: x + 42, y, 'font-size': 13 }, label);
  });
  panels.forEach((panel, i) => {
    const group = append(svg, 'g', { transform: `translate(${16 + 472 * (i % 2)},${top + (PANEL.height + 44) * Math.floor(i / 2)})`, 'font-size': 12, 'text-anchor': 'middle', 'font-family': FONT });
    append(group, 'text', { x: 8, y: 12, 'font-size': 15, 'font-weight': 600, 'text-anchor': 'start', fill: INK }, panel.label);
    const inner = append(group, 'g', { transform: 'translate(0,20)', color: QUIET });
    const plot = Plot.plot({ ...optionsOf(panel, RULE), ...PANEL, document });
    plot.querySelector('style')?.remove();
    inner.append(...plot.children);
  });
  append(svg, 'text', { x: 24, y: height - 12, 'font-size': 12, fill: QUIET }, 'Dropout off. The last layer hands on the logits. What is 0 cannot be drawn on a logarithmic scale. Curves: means over the seeds.');
  return svg.outerHTML;
}
