/** What a benchmark measured, as plain text for a terminal of a given width. Pure. */
import { SUITES, type BenchReport, type Omission, type SuiteName } from '../../bench/types.ts';
import { formatBytes, formatCount } from '../table.ts';
import type { BenchOptions } from './host.ts';
import { derivedText, formatBare, formatDerived, formatFigure, formatValue, unitText } from './report-format.ts';
import { groupBy, kindOf, ownFirst, rowsOf, withPairs, type Entry, type Row } from './report-rows.ts';
import { derivedNames, isColumn, sharedMeaning } from './report-tables.ts';
import { fittedTable, wrap, type Column } from './text.ts';

const TITLES: Readonly<Record<SuiteName, string>> = {
  ceilings: 'Ceilings of this adapter', kernels: 'Kernels of a training step', step: 'Training step', epoch: 'Epoch',
  inference: 'Inference', cold: 'Cold start', peers: 'Other libraries',
};

/** Width of the names at the left of the head. */
const NAMES = 10;
const named = (name: string, text: string, width: number): string =>
  wrap(text, width - NAMES).split('\n').map((line, i) => `${(i === 0 ? name : '').padEnd(NAMES)}${line}`).join('\n');

/** A browser's name and version, without the rest of its user agent or its switches. */
const versionText = (version: string): string => /\b(?:Headless)?(?:Chrome|Firefox)\/[\d.]+/.exec(version)?.[0] ?? version;

const LIMITS: Readonly<Record<string, (value: number) => string>> = {
  maxStorageBufferBindingSize: (bytes) => `${formatBytes(bytes)} per binding`,
  maxComputeWorkgroupStorageSize: (bytes) => `${formatBytes(bytes)} of workgroup memory`,
  maxComputeInvocationsPerWorkgroup: (count) => `${formatCount(count)} threads per workgroup`,
  maxStorageBuffersPerShaderStage: (count) => `${formatCount(count)} storage buffers`,
};

/** Only a named GPU is called one. */
const KINDS = {
  software: 'Software: it computes on the CPU. No figure here is one of a graphics card.',
  hardware: 'Hardware: it computes on the GPU.',
  unknown: 'Of unknown kind: it does not say whether it is a GPU. No figure here is to be called one of a graphics card.',
} as const;

/** Where it runs, and on what: said before anything is measured. */
export function headText({ host, adapter }: Pick<BenchReport, 'host' | 'adapter'>, width: number): string {
  const { name, state, limits, features } = adapter;
  const details = [adapter.vendor, adapter.architecture, adapter.device, adapter.description].filter((word) => word !== '' && !name.includes(word));
  const limitTexts = Object.entries(LIMITS).flatMap(([limit, format]) => (limits[limit] === undefined ? [] : [format(limits[limit])]));
  return [
    named('Host', `${host.name}: ${versionText(host.version)}, ${host.platform}, ${host.cores} ${host.cores === 1 ? 'core' : 'cores'}`, width),
    named('Adapter', [name, ...details].join(', '), width),
    named('', KINDS[state], width),
    ...(limitTexts.length === 0 ? [] : [named('Limits', limitTexts.join(', '), width)]),
    named('Features', features.join(', ') || 'none', width),
  ].join('\n');
}

/** What will be measured. */
export const planText = ({ suites, seconds, repetitions, budgetSeconds }: BenchOptions, width: number): string =>
  named('Suites', `${suites.join(', ')}; ${repetitions} samples of ${seconds} s or more each, at most ${budgetSeconds} s a result`, width);

function columnsOf(rows: readonly Entry[]): Column[] {
  const units = new Set(rows.map(({ result }) => unitText(result.unit))), unit = units.size === 1 ? [...units][0]! : undefined;
  const format = unit === undefined ? formatValue : formatBare;
  // Figures of few rows only, such as of other ways to do it, are in the files.
  const derived = derivedNames(rows).filter((name) => isColumn(rows, name));
  return [
    { heading: '', cells: rows.map(({ result }) => result.label) },
    { heading: unit === undefined || unit === '' ? 'median' : `median, ${unit}`, cells: rows.map(({ median, result }) => format(median, result.unit)) },
    ...(rows.every(({ pairs }) => pairs === undefined) ? [] : [{ heading: 'times gradshader (95 % interval)', cells: rows.map(({ pairs }) => ratioText(pairs)) }]),
    { heading: 'middle half', cells: rows.map(({ low, high, count, result }) => (count < 2 ? '-' : `${formatBare(low, result.unit)} to ${formatBare(high, result.unit)}`)) },
    ...derived.map((name): Column => ({
      heading: derivedText(name), isOptional: true, cells: rows.map(({ result }) => (result.derived[name] === undefined ? '' : formatDerived(name, result.derived[name]))),
    })),
  ];
}

function ratioText(row: Row | undefined): string {
  if (row === undefined) return '';
  const { median, interval } = row;
  return interval === undefined ? formatFigure(median) : `${formatFigure(median)} (${formatFigure(interval.low)} to ${formatFigure(interval.high)})`;
}

/** What the numbers say: one sentence for all, or one for each. */
function meaningText(rows: readonly Entry[], width: number): string {
  const shared = sharedMeaning(rows), meanings = new Map(rows.map(({ result }) => [result.label, result.meaning]));
  const hasRatios = rows.some(({ pairs }) => pairs !== undefined);
  return [
    ...(shared !== undefined ? [wrap(shared, width)] : Array.from(meanings, ([label, meaning]) => wrap(`${label}: ${meaning}`, width, 2))),
    ...(hasRatios ? [wrap('Times gradshader: how many times as long as gradshader it takes, pair by pair.', width)] : []),
  ].join('\n');
}

/** The tables of one suite. */
function suiteText(suite: SuiteName, all: readonly Row[], width: number): string {
  const tables = groupBy(withPairs(all), kindOf).map((unordered) => {
    // What is compared with comes first, though it is measured to the end.
    const rows = ownFirst(unordered), { unit, key } = rows[0]!.result;
    const kind = suite === 'peers' && unit !== 'difference' ? `${key.split('/').slice(1, 3).join(', ')}\n` : '';
    return `${kind}${fittedTable(columnsOf(rows), width)}\n${meaningText(rows, width)}`;
  });
  return `${TITLES[suite]}\n${'='.repeat(TITLES[suite].length)}\n${tables.join('\n\n')}`;
}

const omissionsText = (omissions: readonly Omission[], width: number): string =>
  [`Not measured (${omissions.length})`, ...omissions.map(({ key, reason }) => wrap(`  ${key}: ${reason.split('\n')[0]}`, width, 4))].join('\n');

/** All tables, and what was left out. */
export function resultsText(report: BenchReport, width: number): string {
  const rows = rowsOf(report, undefined);
  return [
    ...SUITES.map((suite) => rows.filter(({ result }) => result.suite === suite)).filter(({ length }) => length > 0).map((own) => suiteText(own[0]!.result.suite, own, width)),
    ...(report.omissions.length === 0 ? [] : [omissionsText(report.omissions, width)]),
  ].join('\n\n');
}
