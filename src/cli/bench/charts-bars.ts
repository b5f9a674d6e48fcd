/** Results of one unit as bars or dots. Pure. */
import type { Unit } from '../../bench/types.ts';
import type { Figure } from '../html.ts';
import { COLOR, SERIES } from '../svg.ts';
import { barChart, BEFORE_COLOR, type Bar, type BarRow } from './charts.ts';
import { formatBare, formatFigure, unitText } from './report-format.ts';
import { groupBy, isOwn, ownFirst, type Row } from './report-rows.ts';

const QUANTITIES: Readonly<Record<Unit, string>> = {
  ms: 'Time', us: 'Time', 'GFLOP/s': 'Arithmetic', 'GB/s': 'Memory', 'images/s': 'Throughput', bytes: 'Size', ratio: 'Ratio', difference: 'Difference', share: 'Share',
};
const BETTER = { lower: 'shorter is better', higher: 'longer is better' } as const;

export const colorOf = (index: number): string => SERIES[index % SERIES.length]!;
const KIB = 1024;
const axisOf = (unit: Unit): string => (unit === 'bytes' ? 'KiB' : unitText(unit) === '' ? QUANTITIES[unit].toLowerCase() : unitText(unit));
export const beforeLegend = (rows: readonly Row[]): NonNullable<Figure['legend']> =>
  rows.some(({ before }) => before !== undefined) ? [['dashed: the earlier run', BEFORE_COLOR]] : [];

/** Sizes are drawn in KiB, so that the ticks are round. */
function barOf({ result, median, before, ...row }: Row, color: string): Bar {
  const part = result.unit === 'bytes' ? 1 / KIB : 1, { low, high } = row.interval ?? row;
  return { value: median * part, low: low * part, high: high * part, color, ...(before !== undefined && { before: before.median * part }) };
}

export interface Look {
  readonly label: string;
  readonly kind?: 'bars' | 'log-dots';
  readonly reference?: number;
  nameOf?(row: Row): string;
}

/** One bar per row; all rows are of one unit. */
export function barsOf(unordered: readonly Row[], { label, kind = 'bars', reference, nameOf = ({ result }) => result.label }: Look): Figure[] {
  const rows = ownFirst(unordered), { unit } = rows[0]!.result;
  const isOfPeers = unit !== 'ratio' && rows.some(isOwn);
  const svg = barChart({
    title: `${label}: ${rows.map((row) => `${nameOf(row)} ${formatBare(row.median, unit)}`).join(', ')}`,
    axis: axisOf(unit), kind, ...(reference !== undefined && { reference }),
    format: (value) => (unit === 'bytes' ? formatFigure(value) : formatBare(value, unit)),
    rows: rows.map((row): BarRow => ({ label: nameOf(row), bars: [barOf(row, isOfPeers && !isOwn(row) ? COLOR.test : COLOR.train)] })),
  });
  const legend = beforeLegend(rows);
  return svg === '' ? [] : [{ label, svg, ...(legend.length > 0 && { legend }) }];
}

/** Bars of everything, a chart for each unit; differences that ought to be nothing are in the table only. */
export const byUnit = (rows: readonly Row[], title?: string, nameOf?: Look['nameOf']): Figure[] =>
  groupBy(rows.filter(({ result }) => result.unit !== 'difference' && result.unit !== 'ratio'), ({ result }) => `${result.unit} ${result.better}`)
    .flatMap((group) => {
      const { unit, better } = group[0]!.result;
      const label = `${title ?? QUANTITIES[unit]}${unitText(unit) === '' ? '' : `, ${unitText(unit)}`}: ${BETTER[better]}`;
      return barsOf(group, { label, ...(nameOf !== undefined && { nameOf }) });
    });

/** Ratios of pairs: a dot with its interval, and the line at 1 where both are the same. */
export const ratios = (rows: readonly Row[], label: string): Figure[] => {
  const found = rows.filter(({ result }) => result.unit === 'ratio');
  return found.length === 0 ? [] : barsOf(found, { label, kind: 'log-dots', reference: 1, nameOf: ({ result }) => result.label.replace(/ \/ gradshader$/, '') });
};
