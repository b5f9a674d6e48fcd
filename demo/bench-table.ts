/** Results as tables: what stands in which row and column. Pure; bench.ts draws it. */

import { summarize } from '../src/bench/statistics.ts';
import type { Result, Unit } from '../src/bench/types.ts';
import { formatNumber } from './format.ts';

export interface Table {
  /** What every number of the table says. */
  readonly meaning: string;
  readonly head: readonly string[];
  /** The first cell names the row. */
  readonly rows: readonly (readonly string[])[];
}

/** Three digits, and all of them where there are more. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return formatNumber(value, size === 0 || size >= 100 ? 0 : Math.min(8, Math.max(0, 2 - Math.floor(Math.log10(size)))));
}

const withUnit = (value: number, unit: Unit): string => {
  if (unit === 'share') return `${formatFigure(100 * value)} %`;
  if (unit === 'ratio') return `${formatFigure(value)} ×`;
  if (unit === 'difference') return value === 0 ? '0' : value.toExponential(1);
  return `${formatFigure(value)} ${unit === 'us' ? 'µs' : unit}`;
};

/** A derived figure: its name says its unit, and that it is a share. */
const derivedText = (name: string, value: number): string => (/\bshare\b/.test(name) ? withUnit(value, 'share') : formatFigure(value));

/** The unit once: 12.1 to 12.4 ms. */
const rangeOf = (samples: readonly number[], unit: Unit): string => {
  const lowest = withUnit(Math.min(...samples), unit), highest = withUnit(Math.max(...samples), unit);
  return `${lowest.replace(/ .*$/, '')} to ${highest}`;
};

/** Consecutive results of one meaning and unit share a table. */
export function tablesOf(results: readonly Result[]): Table[] {
  const groups: Result[][] = [];
  for (const result of results) {
    const last = groups.at(-1);
    if (last?.[0]!.meaning === result.meaning && last[0]!.unit === result.unit) last.push(result);
    else groups.push([result]);
  }
  return groups.map(tableOf);
}

function tableOf(results: readonly Result[]): Table {
  const extra = [...new Set(results.flatMap(({ derived }) => Object.keys(derived)))];
  return {
    meaning: results[0]!.meaning,
    head: ['', 'Median', 'Lowest to highest', ...extra.map((name) => name.replace(/, us$/, ', µs'))],
    rows: results.map(({ label, unit, samples, derived }) => [
      label,
      withUnit(summarize(samples).median, unit),
      samples.length < 2 ? '–' : rangeOf(samples, unit),
      ...extra.map((name) => (derived[name] === undefined ? '' : derivedText(name, derived[name]))),
    ]),
  };
}
