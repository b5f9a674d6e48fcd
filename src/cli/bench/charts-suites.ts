/** Which charts show a suite. What no special chart shows is in bars, together with all else of its unit. Pure. */
import type { SuiteName } from '../../bench/types.ts';
import type { Figure } from '../html.ts';
import { barsOf, byUnit, colorOf, ratios } from './charts-bars.ts';
import { barChart, type BarRow } from './charts.ts';
import { stepCharts } from './charts-step.ts';
import { formatBare, formatFigure, isShare, unitText } from './report-format.ts';
import { groupBy, type Row } from './report-rows.ts';

const sharesIn = (rows: readonly Row[], isWanted: (name: string) => boolean): string[] =>
  [...new Set(rows.flatMap(({ result }) => Object.keys(result.derived)))].filter((name) => isShare(name) && isWanted(name));
const isOfStep = (name: string): boolean => /\b(step|time|epoch)\b/i.test(name);

/** Bars of derived fractions, side by side where a row has several of them. */
function shareBars(rows: readonly Row[], names: readonly string[], label: string, isSorted = false): Figure[] {
  const shown = rows.filter(({ result }) => names.some((name) => result.derived[name] !== undefined));
  if (shown.length === 0) return [];
  const ordered = isSorted ? shown.toSorted((a, b) => (b.result.derived[names[0]!] ?? 0) - (a.result.derived[names[0]!] ?? 0)) : shown;
  const said = ({ result }: Row): string =>
    `${result.label} ${names.flatMap((name) => (result.derived[name] === undefined ? [] : formatBare(result.derived[name], 'share'))).join(' and ')}`;
  return [{
    label, ...(names.length > 1 && { legend: names.map((name, i) => [name, colorOf(i)] as const) }),
    svg: barChart({
      title: `${label}: ${ordered.map(said).join(', ')}`,
      axis: 'per cent', format: (value) => formatBare(value, 'share'),
      rows: ordered.map(({ result: { label: name, derived } }): BarRow => ({
        label: name, bars: names.flatMap((share, i) => (derived[share] === undefined ? [] : [{ value: derived[share], color: colorOf(i) }])),
      })),
    }),
  }];
}

function kernels(rows: readonly Row[]): Figure[] {
  const ceilings = sharesIn(rows, (name) => !isOfStep(name));
  return [
    ...(ceilings.length === 0 ? [] : shareBars(rows, ceilings, 'Per cent of the measured ceilings: longer is better')),
    ...sharesIn(rows, isOfStep).flatMap((name) => shareBars(rows, [name], 'Where the time of a step goes', true)),
    ...byUnit(rows),
  ];
}

const STAGE = /, ms$/;

/** Times split into their stages, where they say them. */
function stages(rows: readonly Row[]): Figure[] {
  const staged = rows.filter(({ result }) => result.unit === 'ms' && Object.keys(result.derived).some((name) => STAGE.test(name)));
  if (staged.length === 0) return [];
  const names = [...new Set(staged.flatMap(({ result }) => Object.keys(result.derived).filter((name) => STAGE.test(name))))];
  const said = ({ result: { label, derived } }: Row): string =>
    `${label}: ${names.map((name) => `${name.replace(STAGE, '')} ${formatFigure(derived[name] ?? NaN)}`).join(', ')}`;
  return [{
    label: 'Where the time goes, ms: medians of the stages', legend: names.map((name, i) => [name.replace(STAGE, ''), colorOf(i)] as const),
    svg: barChart({
      title: `Medians of the stages in milliseconds: ${staged.map(said).join('; ')}`,
      axis: 'ms', kind: 'stacked', format: formatFigure,
      rows: staged.map(({ result: { label, derived } }) =>
        ({ label, bars: names.flatMap((name, i) => (derived[name] === undefined ? [] : [{ value: derived[name], color: colorOf(i) }])) })),
    }),
  }];
}

/** What peers were compared in: `Train, batch 128` of 'peers/train/batch=128/...'. */
const comparisonOf = ({ result: { key } }: Row): string => {
  const text = key.split('/').slice(1, 3).join(', ').replaceAll('=', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** Every comparison by itself: all libraries on one logarithmic scale, and the ratio of the pairs. */
const peers = (rows: readonly Row[]): Figure[] => groupBy(rows, comparisonOf).flatMap((group) => {
  const what = comparisonOf(group[0]!), measured = group.filter(({ result }) => result.unit !== 'difference' && result.unit !== 'ratio');
  return [
    ...groupBy(measured, ({ result }) => result.unit).flatMap((same) => {
      const { unit, better } = same[0]!.result;
      return barsOf(same, { label: `${what}, ${unitText(unit)}: further ${better === 'lower' ? 'left' : 'right'} is better`, kind: 'log-dots' });
    }),
    ...ratios(group, `${what}: times as long as gradshader`),
  ];
});

/** The charts of a suite; none where there is nothing to draw. */
export function chartsOf(suite: SuiteName, rows: readonly Row[]): Figure[] {
  switch (suite) {
    case 'kernels': return kernels(rows);
    case 'step': return stepCharts(rows);
    case 'cold': return [...byUnit(rows), ...stages(rows), ...ratios(rows, 'Times as long as gradshader')];
    case 'peers': return peers(rows);
    default: return [...byUnit(rows), ...ratios(rows, 'Ratio')];
  }
}
