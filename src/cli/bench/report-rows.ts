/** Results with their statistics, beside those of the run compared with. Pure. */
import { ratioOf, summarize, type Interval, type Summary } from '../../bench/statistics.ts';
import type { BenchReport, Result } from '../../bench/types.ts';

export interface Row extends Summary {
  readonly result: Result;
  /** Of ratios of pairs: their median, and the interval in which it lies. */
  readonly interval?: Interval;
  /** Of the run compared with: the same key's. */
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

export function rowsOf(report: BenchReport, previous: BenchReport | undefined): Row[] {
  const old = new Map(previous?.results.map(({ key, samples }) => [key, samples]));
  return report.results.map((result) => {
    const { key, unit, samples } = result, before = old.get(key);
    return {
      result, ...summarize(samples),
      ...(unit === 'ratio' && samples.length > 1 && { interval: ratioOf(samples, [1]) }),
      ...(before !== undefined && { before: summarize(before), change: ratioOf(samples, before) }),
    };
  });
}
