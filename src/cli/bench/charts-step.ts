/** The step suite: how time and images per second vary with replicas, batch size and optimizer. Pure. */
import type { Summary } from '../../bench/statistics.ts';
import type { Figure } from '../html.ts';
import { beforeLegend, byUnit, colorOf, ratios } from './charts-bars.ts';
import { curveChart, type Point } from './charts.ts';
import { formatFigure, parametersText } from './report-format.ts';
import { groupBy, type Row } from './report-rows.ts';

const AXES = ['optimizer', 'batch', 'replicas'] as const;
type Axis = (typeof AXES)[number];

/** Of a key what its parameters do not say: 'step' of 'step/momentum/batch=128/replicas=1'. */
function stemOf({ result: { key, parameters } }: Row): string {
  const values = new Set(Object.values(parameters).map(String));
  return key.split('/').filter((part) => !part.includes('=') && !values.has(part)).join('/');
}

/** Groups in which only one parameter varies, with at least two values. */
export function varying(rows: readonly Row[], axis: Axis): Row[][] {
  const others = AXES.filter((name) => name !== axis);
  const known = rows.filter(({ result }) => result.parameters[axis] !== undefined);
  return groupBy(known, (row) => [row.result.unit, stemOf(row), ...others.map((name) => row.result.parameters[name])].join('|'))
    .filter((group) => new Set(group.map(({ result }) => result.parameters[axis])).size > 1);
}

const fixedText = ({ result: { parameters } }: Row, axis: Axis): string => parametersText(parameters, AXES.filter((name) => name !== axis));

/** Images per second of a training step: batch x replicas / time. */
function throughput({ result: { unit, parameters } }: Row, { median, low, high }: Summary): Omit<Point, 'x'> {
  if (unit === 'images/s') return { y: median, low, high };
  const images = (unit === 'us' ? 1e6 : 1e3) * Number(parameters['batch'] ?? NaN) * Number(parameters['replicas'] ?? 1);
  return { y: images / median, low: images / high, high: images / low };
}

/** R against images/s: what replicas side by side gain. */
function replicaCurve(rows: readonly Row[]): Figure[] {
  const isTraining = ({ result: { unit, parameters } }: Row): boolean =>
    unit === 'images/s' || ((unit === 'ms' || unit === 'us') && parameters['batch'] !== undefined);
  return groupBy(varying(rows.filter(isTraining), 'replicas'), ([first]) => stemOf(first!)).flatMap((groups): Figure[] => {
    const lines = groups.map((group, i) => {
      const ordered = group.toSorted((a, b) => Number(a.result.parameters['replicas']) - Number(b.result.parameters['replicas']));
      const pointOf = (row: Row, summary: Summary): Point => ({ x: Number(row.result.parameters['replicas']), ...throughput(row, summary) });
      return {
        name: fixedText(group[0]!, 'replicas'), color: colorOf(i), points: ordered.map((row) => pointOf(row, row)),
        before: ordered.flatMap((row) => (row.before === undefined ? [] : [pointOf(row, row.before)])),
      };
    });
    const said = lines.map(({ name, points }) => `${name}: ${points.map(({ x, y }) => `${x} replicas ${formatFigure(y)}`).join(', ')}`).join('; ');
    return [{
      label: 'Replicas against images/s: higher is better',
      legend: [...lines.map(({ name, color }) => [name, color] as const), ...beforeLegend(groups.flat())],
      svg: curveChart({
        title: `Images per second against the number of replicas. ${said}`,
        axis: 'replicas trained side by side', quantity: 'images/s, all replicas together', lines,
      }),
    }];
  });
}

export function stepCharts(rows: readonly Row[]): Figure[] {
  const curves = varying(rows, 'replicas').flat();
  const isSingle = ({ result }: Row): boolean => (result.parameters['replicas'] ?? 1) === 1;
  const batches = varying(rows.filter(isSingle), 'batch'), optimizers = varying(rows.filter(isSingle), 'optimizer');
  const shown = new Set([...curves, ...batches.flat(), ...optimizers.flat()]);
  const titled = (what: string, axis: Axis) => (group: Row[]): Figure[] => byUnit(
    group, [what, fixedText(group[0]!, axis)].filter((text) => text !== '').join(', '),
    ({ result: { parameters } }) => (axis === 'optimizer' ? String(parameters[axis]) : `${axis} ${parameters[axis]}`),
  );
  return [
    ...replicaCurve(rows), ...batches.flatMap(titled('By batch size', 'batch')), ...optimizers.flatMap(titled('By optimizer', 'optimizer')),
    ...byUnit(rows.filter((row) => !shown.has(row))), ...ratios(rows, 'Ratio'),
  ];
}
