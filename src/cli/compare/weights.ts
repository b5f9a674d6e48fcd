/** What is kept of the trained weights: zeros by layer, a histogram, and some first-layer units as pictures. Pure. */
import type { Filters, WeightsRecord } from './types.ts';

/** Bins of log10 |w|: eight per decade. Smaller and larger weights are counted in the first and last. */
export const HISTOGRAM = { from: -7, to: 1, perDecade: 8 } as const;
const BINS = (HISTOGRAM.to - HISTOGRAM.from) * HISTOGRAM.perDecade;
/** Hidden units shown: the first ones, so that with equal seeds each began as the same picture under every method. */
const UNITS = 16;

/** Weights that are not zero, by log10 |w|. Weights that are not finite are in no bin. */
export function logHistogram(values: Float32Array, counts: number[] = Array.from({ length: BINS }, () => 0)): number[] {
  for (const value of values) {
    const size = Math.abs(value);
    if (!(size > 0 && size < Infinity)) continue;
    const bin = Math.floor((Math.log10(size) - HISTOGRAM.from) * HISTOGRAM.perDecade);
    counts[Math.min(BINS - 1, Math.max(0, bin))]!++;
  }
  return counts;
}

const countZeros = (values: Float32Array): number => values.reduce((count, value) => count + Number(value === 0), 0);

function base64(values: Int8Array): string {
  let text = '';
  for (const value of values) text += String.fromCharCode(value & 255);
  return btoa(text);
}

/** The first units of [units, height * width] weights, times 127 / largest and rounded; a zero stays the only 0. */
export function filtersOf(weights: Float32Array, [height, width]: readonly [number, number]): Filters {
  const size = height * width;
  const units = Math.min(UNITS, weights.length / size);
  const shown = weights.subarray(0, units * size);
  const largest = shown.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const levels = Int8Array.from(shown, (value) => {
    const level = largest === 0 ? 0 : Math.round((value / largest) * 127);
    return level === 0 ? Math.sign(value) : level;
  });
  return { units, height, width, largest, values: base64(levels) };
}

/**
 * One record per replica.
 * @param parameters as `trainer.parameters()` gives them: a leading axis where there is more than one replica
 * @param shape of one sample; pictures are made where it is [height, width]
 * @param pictured replicas whose units are kept as pictures
 */
export function weightsRecords(
  parameters: ReadonlyMap<string, Float32Array>, replicas: number, shape: readonly number[], pictured: ReadonlySet<number>,
): WeightsRecord[] {
  const names = [...parameters.keys()].filter((name) => name.endsWith('.weight'));
  const [height, width] = shape;
  return Array.from({ length: replicas }, (_, replica) => {
    const own = names.map((name) => {
      const all = parameters.get(name)!;
      const length = all.length / replicas;
      return { name, values: all.subarray(replica * length, (replica + 1) * length) };
    });
    const histogram = logHistogram(new Float32Array(0));
    for (const { values } of own) logHistogram(values, histogram);
    return {
      layers: own.map(({ name, values }) => ({ name, weights: values.length, zeros: countZeros(values) })),
      histogram,
      ...(shape.length === 2 && pictured.has(replica) && { filters: filtersOf(own[0]!.values, [height!, width!]) }),
    };
  });
}
