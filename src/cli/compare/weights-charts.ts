/** The trained weights: their sizes, and the first layer's units as pictures. */
import * as Plot from '@observablehq/plot';
import { pngOf } from './png.ts';
import { replicasOfGroup } from './summary.ts';
import { chart, COLOR, gridY } from '../svg.ts';
import type { Filters, Group, RunRecord, WeightsRecord } from './types.ts';
import { HISTOGRAM } from './weights.ts';

/** Smallest share of the weights that is drawn. */
const FLOOR = 1e-6;

export interface WeightShares {
  readonly zeros: number;
  readonly bins: readonly { readonly from: number; readonly to: number; readonly share: number }[];
}

/** All weights of all seeds of a group; undefined where there are none. */
export function weightShares(records: readonly WeightsRecord[]): WeightShares | undefined {
  const layers = records.flatMap((record) => record.layers);
  const total = layers.reduce((sum, { weights }) => sum + weights, 0);
  if (total === 0) return undefined;
  const zeros = layers.reduce((sum, layer) => sum + layer.zeros, 0);
  const bins = records[0]!.histogram.map((_, i) => ({
    from: HISTOGRAM.from + i / HISTOGRAM.perDecade,
    to: HISTOGRAM.from + (i + 1) / HISTOGRAM.perDecade,
    share: records.reduce((sum, { histogram }) => sum + histogram[i]!, 0) / total,
  }));
  return { zeros: zeros / total, bins };
}

const recordsOf = (runs: readonly RunRecord[], group: Group): WeightsRecord[] =>
  replicasOfGroup(runs, group).flatMap(({ weights }) => weights ?? []);

const sharesText = (share: number): string => (share >= 0.01 ? `${Math.round(100 * share)} %` : `${Number((100 * share).toPrecision(1))} %`);

/** Where the bar of the exact zeros stands on the axis of log10 |w|. */
const ZERO_BAR = { x1: HISTOGRAM.from - 1.3, x2: HISTOGRAM.from - 0.5 } as const;

export function histogramCharts(runs: readonly RunRecord[], groups: readonly Group[]): { label: string; svg: string }[] {
  return groups.flatMap((group) => {
    const shares = weightShares(recordsOf(runs, group));
    if (shares === undefined) return [];
    const { zeros, bins } = shares;
    const zeroBar = zeros > 0 ? [{ ...ZERO_BAR, share: Math.max(zeros, FLOOR) }] : [];
    const decades = [-7, -5, -3, -1, 1];
    return [{
      label: `${group.label}: ${(100 * zeros).toFixed(2)} % zeros`,
      svg: chart({
        title: `${group.label}: sizes of the weights, ${(100 * zeros).toFixed(2)} % exactly zero`,
        marginLeft: 54, marginRight: 12, marginTop: 8, marginBottom: 36,
        x: { domain: [HISTOGRAM.from - 1.5, HISTOGRAM.to] },
        y: { type: 'log', domain: [FLOOR, 1] },
        marks: [
          ...gridY({ ticks: [1, 1e-2, 1e-4, 1e-6], tickFormat: sharesText }),
          Plot.rectY(bins.filter(({ share }) => share > FLOOR), { x1: 'from', x2: 'to', y1: FLOOR, y2: 'share', fill: COLOR.train, inset: 0.4 }),
          Plot.rectY(zeroBar, { x1: 'x1', x2: 'x2', y1: FLOOR, y2: 'share', fill: COLOR.accent }),
          Plot.axisX([(ZERO_BAR.x1 + ZERO_BAR.x2) / 2, ...decades], {
            label: 'size of a weight, |w|', labelAnchor: 'center', labelArrow: 'none',
            tickFormat: (value: number) => (value < HISTOGRAM.from ? '0' : value === 1 ? '10' : `1e${value}`),
          }),
        ],
      }),
    }];
  });
}

export interface Picture {
  readonly label: string;
  readonly source: string;
  readonly width: number;
  readonly height: number;
  readonly largest: number;
}

/** The pictures of the first seed of each group, side by side in squares of four by four. */
export function filterPictures(runs: readonly RunRecord[], groups: readonly Group[]): Picture[] {
  return groups.flatMap((group) => {
    const filters = recordsOf(runs, group).find((record) => record.filters !== undefined)?.filters;
    return filters === undefined ? [] : [{ label: group.label, largest: filters.largest, ...pictureOf(filters) }];
  });
}

/** Orange is positive, blue negative, the opacity the size; a zero is not painted, so it looks alike in light and dark. */
const POSITIVE = [230, 110, 20] as const, NEGATIVE = [50, 130, 205] as const;
const GAP = 2;
/** Opacity of one of 127 levels: most weights are far smaller than the largest, so the upper third is drawn alike. */
const OPACITY = 3;

function pictureOf({ units, height, width, values }: Filters): Pick<Picture, 'source' | 'width' | 'height'> {
  const columns = Math.ceil(Math.sqrt(units)), rows = Math.ceil(units / columns);
  const size = { width: columns * (width + GAP) - GAP, height: rows * (height + GAP) - GAP };
  const levels = new Int8Array(Buffer.from(values, 'base64'));
  const pixels = new Uint8Array(4 * size.width * size.height);
  for (let i = 0; i < units * height * width; i++) {
    const unit = Math.floor(i / (height * width)), y = Math.floor((i % (height * width)) / width), x = i % width;
    const row = Math.floor(unit / columns) * (height + GAP) + y, column = (unit % columns) * (width + GAP) + x;
    const level = levels[i]!;
    pixels.set([...(level > 0 ? POSITIVE : NEGATIVE), Math.min(255, OPACITY * Math.abs(level))], 4 * (row * size.width + column));
  }
  return { ...size, source: `data:image/png;base64,${pngOf(pixels, size.width, size.height).toString('base64')}` };
}
