/** A regularization path: error and sparsity against strength. Pure. */
import * as Plot from '@observablehq/plot';
import { DASHES, SETS } from './curves.ts';
import { shortNumber } from './methods.ts';
import { isLogarithmic, PATH_LABELS } from './path.ts';
import type { Spread } from './statistics.ts';
import { pathPoints, type CompareFile, type PathPoint } from './summary.ts';
import { chart, COLOR, gridY } from '../svg.ts';
import type { PathSettings } from './types.ts';

const WIDTH = 460, HEIGHT = 300;

interface Point {
  readonly strength: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const pointsOf = (path: readonly PathPoint[], pick: (point: PathPoint) => Spread | undefined): Point[] =>
  path.flatMap((point) => {
    const spread = pick(point);
    return spread === undefined ? [] : [{ strength: point.strength, mean: 100 * spread.mean, low: 100 * spread.low, high: 100 * spread.high }];
  });

const drawn = (points: readonly Point[], color: string, dash: string): Plot.Markish[] => [
  Plot.areaY(points, { x: 'strength', y1: 'low', y2: 'high', fill: color, fillOpacity: 0.2 }),
  Plot.lineY(points, { x: 'strength', y: 'mean', stroke: color, strokeWidth: 2, strokeDasharray: dash }),
  Plot.dot(points, { x: 'strength', y: 'mean', fill: color, r: 3.5 }),
];

/** Whole decades where there are at least three, else the strengths themselves, not more than seven. */
export function ticksOf({ key, strengths }: PathSettings): number[] {
  const [low, high] = [strengths[0]!, strengths.at(-1)!];
  const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
  if (isLogarithmic(key) && last - first >= 2) return Array.from({ length: last - first + 1 }, (_, i) => Number(`1e${first + i}`));
  const every = Math.ceil(strengths.length / 7);
  return strengths.filter((_, i) => i % every === 0);
}

/** Error and exact zeros against the strength, the chosen one marked. */
export function pathCharts(file: CompareFile): { label: string; svg: string }[] {
  const { settings, choices, runs } = file;
  const { key, strengths } = settings.path!;
  const path = pathPoints(settings, runs);
  const common = {
    width: WIDTH, height: HEIGHT, marginLeft: 48, marginRight: 16, marginTop: 26, marginBottom: 42,
    x: { type: isLogarithmic(key) ? 'log' as const : 'linear' as const, domain: [strengths[0]!, strengths.at(-1)!] },
  };
  const axisX = Plot.axisX(ticksOf(settings.path!), { label: PATH_LABELS[key], labelAnchor: 'center', labelArrow: 'none', tickFormat: shortNumber });
  const mark = choices.strength === undefined || choices.strength === null ? [] : [
    Plot.ruleX([choices.strength], { stroke: COLOR.accent, strokeWidth: 2, strokeDasharray: '4 3' }),
    Plot.text([choices.strength], {
      x: (value: number) => value, frameAnchor: 'top', dy: -16, fill: COLOR.accent, text: (value: number) => `chosen: ${shortNumber(value)}`,
      textAnchor: choices.strength === strengths[0] ? 'start' : choices.strength === strengths.at(-1) ? 'end' : 'middle',
    }),
  ];
  const percent = { tickFormat: (value: number) => `${value} %` };
  return [
    {
      label: 'Error against strength',
      svg: chart({
        title: `Error against ${PATH_LABELS[key]}`, ...common, y: { zero: true, nice: true },
        marks: [...gridY(percent), axisX, ...SETS.flatMap((set) => drawn(pointsOf(path, (point) => point[set]), COLOR[set], DASHES[set])), ...mark],
      }),
    },
    {
      label: 'Weights that are exactly zero',
      svg: chart({
        title: `Exact zeros against ${PATH_LABELS[key]}`, ...common, y: { domain: [0, 100] },
        marks: [...gridY(percent), axisX, ...drawn(pointsOf(path, (point) => point.zeros), COLOR.ink, 'none'), ...mark],
      }),
    },
  ];
}
