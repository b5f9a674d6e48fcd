/** Train and test error side by side: the gap. Pure. */
import * as Plot from '@observablehq/plot';
import { chart, COLOR } from '../svg.ts';
import type { Row } from './summary.ts';

const WIDTH = 480, LEFT = 142, ROW = 34;

interface Dot {
  readonly label: string;
  readonly x: number;
  readonly low: number;
  readonly high: number;
  readonly set: 'train' | 'test';
}

/** One row per group: its train and test error, one standard deviation each way, and how far they are apart. */
export function errorsChart(rows: readonly Row[]): string {
  const shown = rows.filter(({ testError, trainError }) => testError && trainError);
  if (shown.length === 0) return '';
  const dots = shown.flatMap(({ label, trainError, testError }): Dot[] =>
    ([['train', trainError!], ['test', testError!]] as const).map(([set, { mean, deviation }]) => {
      const half = Number.isFinite(deviation) ? deviation : 0;
      return { label, set, x: 100 * mean, low: 100 * Math.max(0, mean - half), high: 100 * (mean + half) };
    }));
  const most = Math.max(...dots.map(({ high }) => high));
  return chart({
    title: 'Train and test error of each group',
    width: WIDTH, height: 62 + ROW * shown.length,
    marginLeft: LEFT, marginRight: 84, marginTop: 12, marginBottom: 40,
    x: { domain: [0, most * 1.04 || 1] },
    y: { domain: shown.map(({ label }) => label), type: 'band' },
    marks: [
      Plot.gridX({ stroke: COLOR.rule, strokeOpacity: 1, ticks: 5 }),
      Plot.axisX({ label: 'error', labelAnchor: 'center', labelArrow: 'none', ticks: 5, tickSize: 0, tickFormat: (value: number) => `${value} %` }),
      Plot.axisY({ label: null, tickSize: 0, tickPadding: 8, lineWidth: 10 }),
      Plot.ruleY(shown, { y: 'label', x1: (row: Row) => 100 * row.trainError!.mean, x2: (row: Row) => 100 * row.testError!.mean, stroke: COLOR.quiet, strokeWidth: 2, strokeOpacity: 0.5 }),
      Plot.ruleY(dots, { y: 'label', x1: 'low', x2: 'high', stroke: (dot: Dot) => COLOR[dot.set], strokeWidth: 7, strokeOpacity: 0.35, strokeLinecap: 'round' }),
      Plot.dot(dots, { y: 'label', x: 'x', fill: (dot: Dot) => COLOR[dot.set], r: 5 }),
      Plot.text(shown, {
        y: 'label', frameAnchor: 'right', textAnchor: 'start', dx: 8, fill: COLOR.quiet,
        text: (row: Row) => `gap ${(100 * row.gap!.mean).toFixed(2)} %`,
      }),
    ],
    color: { type: 'identity' },
  });
}
