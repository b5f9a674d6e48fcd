/** Results with their statistics, beside those of the run compared with. Pure. */
import { ratioOf, summarize, type Interval, type Summary } from '../../bench/statistics.ts';
import type { BenchReport, Result } from '../../bench/types.ts';
import { differencesOf } from './compare.ts';

export interface Row extends Summary {
  readonly result: Result;
  /** Of ratios of pairs: their median, and the interval in which it lies. */
  readonly interval?: Interval;
  /** Of the run compared with: the same key's, if it was the same work. */
  readonly before?: Summary;
  /** Now / before. */
  readonly change?: Interval;
}

/** What others measured stands out from what gradshader did. */
export const isOwn = ({ result: { parameters } }: Row): boolean => /^(gradshader|undefined)$/.test(String(parameters['library']));
export const ownFirst = <T extends Row>(rows: readonly T[]): T[] => [...rows.filter(isOwn), ...rows.filter((row) => !isOwn(row))];

/** Groups in the order of their first member. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item), group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** All in one table whose numbers may be held against each other. Comparisons of different things are not. */
export const kindOf = ({ result: { suite, key, unit } }: Row): string => {
  if (suite === 'ceilings') return '';
  return [unit, ...(suite === 'peers' && unit !== 'difference' ? key.split('/').slice(1, 3) : [])].join('|');
};

export function rowsOf(report: BenchReport, previous: BenchReport | undefined): Row[] {
  const old = new Map(previous?.results.map((result) => [result.key, result]));
  return report.results.map((result) => {
    const { key, unit, samples } = result, earlier = old.get(key);
    const before = earlier !== undefined && differencesOf(result, earlier).length === 0 ? earlier.samples : undefined;
    return {
      result, ...summarize(samples),
      ...(unit === 'ratio' && samples.length > 1 && { interval: ratioOf(samples, [1]) }),
      ...(before !== undefined && { before: summarize(before), change: ratioOf(samples, before) }),
    };
  });
}

/** A row with the ratios of its pairs, where those are a result of their own. */
export type Entry = Row & { readonly pairs?: Row };

/** `peers/.../jax-js webgpu` has its ratios in `peers/.../jax-js webgpu/ratio`, `cold/tfjs` in `cold/ratio/tfjs`. */
export function withPairs(rows: readonly Row[]): Entry[] {
  const byKey = new Map(rows.map((row) => [row.result.key, row]));
  const ratios = new Map(rows.flatMap((row) => {
    const of = row.result.unit === 'ratio' ? byKey.get(row.result.key.replace('/ratio', '')) : undefined;
    return of === undefined || of === row ? [] : [[of, row] as const];
  }));
  const merged = new Set(ratios.values());
  return rows.filter((row) => !merged.has(row)).map((row) => ({ ...row, ...(ratios.has(row) && { pairs: ratios.get(row)! }) }));
}
