/** Curves per epoch, group by group, with the band of the seeds. Pure. */
import * as Plot from '@observablehq/plot';
import { epochTicks } from '../plot.ts';
import { chosenEpoch } from './choices.ts';
import { mean } from './statistics.ts';
import { errorOf, replicasOfGroup } from './summary.ts';
import { chart, COLOR, gridY } from '../svg.ts';
import type { EpochRecord, Group, RunRecord } from './types.ts';

export const SETS = ['train', 'validation', 'test'] as const;
type SetName = (typeof SETS)[number];

export interface CurvePoint {
  readonly epoch: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export type Measure = 'error' | 'loss';

const measured = (entry: EpochRecord, set: SetName, measure: Measure): number | undefined => {
  const evaluation = entry[set];
  if (evaluation === undefined) return undefined;
  return measure === 'loss' ? evaluation.loss : 100 * errorOf(evaluation);
};

/** Mean, lowest and highest over the seeds that did not diverge, for each evaluated epoch. Errors in percent. */
export function curveOf(runs: readonly RunRecord[], group: Group, set: SetName, measure: Measure): CurvePoint[] {
  const byEpoch = new Map<number, number[]>();
  for (const { epochs, diverged } of replicasOfGroup(runs, group)) {
    if (diverged !== undefined) continue;
    for (const entry of epochs) {
      const value = measured(entry, set, measure);
      if (Number.isFinite(value)) byEpoch.set(entry.epoch, [...(byEpoch.get(entry.epoch) ?? []), value!]);
    }
  }
  return [...byEpoch].sort(([a], [b]) => a - b)
    .map(([epoch, values]) => ({ epoch, mean: mean(values), low: Math.min(...values), high: Math.max(...values) }));
}

/** One scale for all groups. The first points may be cut off: the end is what is compared. */
export function topOf(curves: readonly (readonly CurvePoint[])[]): number {
  const late = curves.flatMap((points) => points.slice(Math.min(points.length - 1, Math.ceil(points.length / 10))).map(({ high }) => high));
  return late.length === 0 ? 1 : 1.1 * Math.max(...late, 1e-3);
}

/** A small chart for each group, all on the same scales. */
export function curveCharts(runs: readonly RunRecord[], groups: readonly Group[], measure: Measure): { label: string; svg: string }[] {
  const all = groups.map((group) => ({ group, curves: SETS.map((set) => ({ set, points: curveOf(runs, group, set, measure) })) }));
  const points = all.flatMap(({ curves }) => curves.map((curve) => curve.points));
  const epochs = points.flat().map(({ epoch }) => epoch);
  if (epochs.length === 0) return [];
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  const top = topOf(points);
  return all.map(({ group, curves }) => ({
    label: group.label,
    svg: chart({
      title: `${group.label}: ${measure} per epoch`,
      marginLeft: 44, marginRight: 12, marginTop: 8, marginBottom: 34,
      x: { domain: first === last ? [first - 1, last + 1] : [first, last] },
      y: { domain: [0, top] },
      marks: [
        ...gridY(measure === 'error' ? { tickFormat: (value: number) => `${value} %` } : {}),
        Plot.ruleX(replicasOfGroup(runs, group).flatMap((replica) => chosenEpoch(replica) ?? []), { y1: 0, y2: 0.06 * top, stroke: COLOR.accent, strokeWidth: 3 }),
        Plot.axisX(epochTicks(first, last), { label: 'epoch', labelAnchor: 'center', labelArrow: 'none', tickFormat: 'd' }),
        ...curves.flatMap(({ set, points: own }) => [
          Plot.areaY(own, { x: 'epoch', y1: 'low', y2: 'high', fill: COLOR[set], fillOpacity: 0.2, clip: true }),
          Plot.lineY(own, { x: 'epoch', y: 'mean', stroke: COLOR[set], strokeWidth: 2, strokeDasharray: DASHES[set], clip: true }),
          ...(own.length <= 12 ? [Plot.dot(own, { x: 'epoch', y: 'mean', fill: COLOR[set], r: 2.5, clip: true })] : []),
        ]),
      ],
    }),
  }));
}

/** Told apart in print as well. */
export const DASHES = { train: '6 3', validation: '2 2', test: 'none' } as const;
