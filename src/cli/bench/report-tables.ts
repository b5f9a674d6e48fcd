/** The results of a suite as tables of numbers, one for each unit and kind, with what they say above and below. Pure. */
import type { Interval } from '../../bench/statistics.ts';
import { definitions, escape, folded, table } from '../html.ts';
import { derivedText, formatBare, formatDerived, formatFigure, formatValue, parametersText, unitText } from './report-format.ts';
import { groupBy, kindOf, ownFirst, withPairs, type Entry, type Row } from './report-rows.ts';

/** What all values are; undefined where they differ. */
const same = <T>(values: readonly T[]): T | undefined => (new Set(values).size === 1 ? values[0] : undefined);

function rangeText({ low, high }: Pick<Row, 'low' | 'high'>, { result: { unit } }: Row): string {
  return unit === 'ratio' ? `${formatFigure(low)} to ${formatFigure(high)}` : `${formatBare(low, unit)} to ${formatBare(high, unit)}`;
}

/** `0.912 × (0.897 to 0.926)`; without the interval where there is none, of single samples. */
const changeText = ({ ratio, low, high }: Interval): string =>
  `${formatFigure(ratio)} ×${low < high ? ` (${formatFigure(low)} to ${formatFigure(high)})` : ''}`;

/** What the name of the row says already need not be said again. */
const isInLabel = ({ result: { label, parameters } }: Row, name: string): boolean =>
  parameters[name] === undefined || ` ${label.replace(/[,=:]/g, ' ')} `.includes(` ${parameters[name]} `);

/** One sentence for all rows, with `…` for what their names say: `Time of …, ended by a readback.`; undefined where there is none. */
export function sharedMeaning(rows: readonly Row[]): string | undefined {
  const sentences = rows.map(({ result }) => result.meaning.split(' ')), [first = []] = sentences;
  const shared = (at: (words: readonly string[], i: number) => string | undefined): number => {
    let count = 0;
    while (count < first.length && same(sentences.map((words) => at(words, count))) !== undefined) count++;
    return count;
  };
  const before = shared((words, i) => words[i]);
  if (before === first.length && same(sentences.map(({ length }) => length)) !== undefined) return first.join(' ');
  const after = Math.min(shared((words, i) => words.at(-1 - i)), ...sentences.map(({ length }) => length - before));
  const differing = sentences.map((words) => words.slice(before, words.length - after).join(' ').replace(/[,.:;]+$/, ''));
  if (rows.some(({ result }, i) => differing[i] === '' || !result.label.includes(differing[i]!))) return undefined;
  const mark = /[,.:;]*$/.exec(first.slice(before, first.length - after).join(' '))![0];
  return [...first.slice(0, before), `…${mark}`, ...first.slice(first.length - after)].join(' ');
}

interface Column {
  readonly name: string;
  cell(row: Entry): string;
}

export const derivedNames = (rows: readonly Row[]): string[] => [...new Set(rows.flatMap(({ result }) => Object.keys(result.derived)))];
const varied = (rows: readonly Row[]): string[] => [...new Set(rows.flatMap(({ result }) => Object.keys(result.parameters)))]
  .filter((name) => same(rows.map(({ result }) => result.parameters[name])) === undefined);

/** Figures that at least half of the rows have are columns; the others are said below the table. */
export const isColumn = (rows: readonly Row[], name: string): boolean => 2 * rows.filter(({ result }) => name in result.derived).length >= rows.length;

/** Columns that some row has something for. */
const intervals = (rows: readonly Entry[]): Column[] => [
  ...(rows.every(({ pairs }) => pairs === undefined) ? [] : [
    { name: 'times as long as gradshader', cell: ({ pairs }: Entry) => (pairs === undefined ? '' : formatValue(pairs.median, 'ratio')) },
    { name: 'middle half of the pairs', cell: ({ pairs }: Entry) => (pairs === undefined || pairs.count < 2 ? '' : rangeText(pairs, pairs)) },
    { name: '95 % interval of their median', cell: ({ pairs }: Entry) => (pairs?.interval === undefined ? '' : rangeText(pairs.interval, pairs)) },
  ]),
  ...(rows.every(({ interval }) => interval === undefined) ? [] : [
    { name: '95 % interval of the median', cell: (row: Row) => (row.interval === undefined ? '-' : rangeText(row.interval, row)) },
  ]),
  ...(rows.every(({ before }) => before === undefined) ? [] : [
    { name: 'before', cell: ({ before, result }: Row) => (before === undefined ? '-' : formatBare(before.median, result.unit)) },
    { name: 'now / before', cell: ({ change }: Row) => (change === undefined ? '-' : changeText(change)) },
  ]),
];

function columnsOf(rows: readonly Entry[]): Column[] {
  const unit = same(rows.map(({ result }) => unitText(result.unit))), format = unit === undefined ? formatValue : formatBare;
  return [
    { name: '', cell: ({ result }) => result.label },
    { name: unit === '' || unit === undefined ? 'median' : `median, ${unit}`, cell: ({ median, result }) => format(median, result.unit) },
    { name: 'middle half', cell: (row) => (row.count < 2 ? '-' : rangeText(row, row)) },
    ...(same(rows.map(({ count }) => count)) === undefined ? [{ name: 'samples', cell: ({ count }: Row) => String(count) }] : []),
    ...intervals(rows),
    ...derivedNames(rows).filter((name) => isColumn(rows, name)).map((name): Column => ({
      name: derivedText(name), cell: ({ result: { derived } }) => (derived[name] === undefined ? '' : formatDerived(name, derived[name])),
    })),
  ];
}

/** What is said of single rows: their meaning where there is no common one, what they ran with, and their own figures. */
function notesOf(rows: readonly Row[], meaning: string | undefined): string {
  const names = varied(rows), entries = rows.flatMap((row): [string, string][] => {
    const { result: { label, derived, ...result } } = row;
    const parameters = parametersText(result.parameters, names.filter((name) => !isInLabel(row, name)));
    const others = Object.entries(derived).filter(([name]) => !isColumn(rows, name)).map(([name, value]) => `${derivedText(name)}: ${formatDerived(name, value)}`);
    const parts = [...(meaning === undefined ? [result.meaning] : []), ...(parameters === '' ? [] : [`Ran with ${parameters}.`]), ...(others.length === 0 ? [] : [`Also ${others.join('; ')}.`])];
    return parts.length === 0 ? [] : [[label, parts.join(' ')]];
  });
  if (entries.length === 0) return '';
  return meaning === undefined ? definitions(entries) : folded('More about each row', definitions(entries));
}

/** What holds for all rows, the table, what holds for single ones. */
function tableOf(unordered: readonly Entry[]): string {
  const rows = ownFirst(unordered), pairs = rows.flatMap((row) => row.pairs ?? []), columns = columnsOf(rows), [{ result: first }] = rows as [Row];
  const meaning = sharedMeaning(rows), count = same(rows.map((row) => row.count)), differing = varied(rows);
  const common = parametersText(first.parameters, Object.keys(first.parameters).filter((name) => !differing.includes(name)));
  const lines = [
    meaning ?? '', ...(pairs.length === 0 ? [] : [sharedMeaning(pairs) ?? '']),
    [common === '' ? '' : `Ran with ${common}.`, count === undefined ? '' : `${count} ${count === 1 ? 'sample' : 'samples'} each.`].filter((part) => part !== '').join(' '),
  ].filter((line) => line !== '');
  return [
    '<div class="part">', ...lines.map((line) => `<p class="quiet">${escape(line)}</p>`),
    table(columns.map(({ name }) => name), rows.map((row) => ({ cells: columns.map(({ cell }) => cell(row)) }))),
    notesOf(rows, meaning), '</div>',
  ].join('\n');
}

export const tablesOf = (rows: readonly Row[]): string => groupBy(withPairs(rows), kindOf).map(tableOf).join('\n');
