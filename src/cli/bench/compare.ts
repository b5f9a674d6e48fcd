/** Two benchmark reports against each other: what became slower, by how much, and what cannot be said. Pure but for reading a file. */
import { readFile } from 'node:fs/promises';
import { ratioOf, summarize, type Interval } from '../../bench/statistics.ts';
import { SUITES, type BenchReport, type Result, type Unit } from '../../bench/types.ts';
import { InputError } from '../../errors.ts';

/** One key that both runs measured. */
export interface Change {
  readonly now: Result;
  readonly before: Result;
  /** How many times as slow as before, with its 95 % interval; of rates it is before / now, so that above 1 is always worse. */
  readonly slowdown: Interval;
  /** Whether it is the library's own speed. Other libraries, ceilings, ratios and sizes are not. */
  readonly decides: boolean;
}

export interface Comparison {
  /** The worst first. */
  readonly changes: readonly Change[];
  /** Keys measured in one of the runs only. */
  readonly missing: readonly string[];
  readonly added: readonly string[];
  /** Keys whose work differs, and how: their times say nothing about each other. */
  readonly unlike: readonly string[];
  /** What makes this a comparison of more than two versions of the library. */
  readonly warnings: readonly string[];
}

/** @throws InputError when it cannot be read or is no report of the bench */
export async function readReport(file: string): Promise<BenchReport> {
  const refuse = (why: string, cause?: unknown): InputError =>
    new InputError(`${file} ${why} Give the bench.json that an earlier run of gradshader bench wrote.`, { cause });
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw refuse(`cannot be read (${error.message}).`, error);
  });
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch (error) {
    throw refuse(`is not JSON (${(error as Error).message}).`, error);
  }
  const flaw = flawOf(report);
  if (flaw !== undefined) throw refuse(`is no report of the bench: ${flaw}.`);
  return report as BenchReport;
}

type Loose<T> = { readonly [Key in keyof T]?: unknown };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const hasTexts = (value: unknown, ...names: readonly string[]): boolean => isObject(value) && names.every((name) => typeof value[name] === 'string');

/** What a report lacks of what is read of it; undefined where it lacks nothing. */
function flawOf(value: unknown): string | undefined {
  if (!isObject(value)) return 'it is no object';
  const { format, host, adapter, results } = value as Loose<BenchReport>;
  if (format !== 1) return `its format is ${JSON.stringify(format)}, this version reads 1`;
  if (!hasTexts(value, 'date', 'version', 'command') || !hasTexts(host, 'name', 'version', 'platform') || !hasTexts(adapter, 'name', 'state')) return 'it lacks its date, version, command, host or adapter';
  if (!Array.isArray(results)) return 'it lacks results';
  const wrong = results.findIndex((result) => !isResult(result));
  return wrong < 0 ? undefined : `result ${wrong} lacks its key, suite, unit, parameters or samples`;
}

function isResult(value: unknown): boolean {
  if (!hasTexts(value, 'key', 'suite', 'label', 'meaning', 'unit', 'better')) return false;
  const { suite, better, samples, parameters, derived } = value as Loose<Result>;
  return (SUITES as readonly unknown[]).includes(suite) && (better === 'lower' || better === 'higher') && isObject(parameters) && isObject(derived) &&
    Array.isArray(samples) && samples.length > 0 && samples.every((sample) => typeof sample === 'number');
}

/** Times and rates: the units of speed. */
const SPEEDS: readonly Unit[] = ['ms', 'us', 'GFLOP/s', 'GB/s', 'images/s'];
/** Units whose numbers have no ratio that says anything. */
const NO_RATIO: readonly Unit[] = ['difference', 'share'];
/** Parameters that say what was done; the others, such as a tile or a version, say how. */
const WORK: readonly string[] = ['network', 'dropout', 'optimizer', 'penalty', 'batch', 'replicas', 'images', 'validation'];

const decides = ({ suite, unit, parameters }: Result): boolean =>
  SPEEDS.includes(unit) && suite !== 'ceilings' && (parameters['library'] ?? 'gradshader') === 'gradshader';

/** Ratio of the medians, turned so that above 1 is worse. */
const slowdownOf = (now: Result, before: Result): Interval =>
  now.better === 'lower' ? ratioOf(now.samples, before.samples) : ratioOf(before.samples, now.samples);

/** How the work of two results differs: `images 1024 then, 10112 now`. */
export const differencesOf = (now: Result, before: Result): string[] => [
  ...WORK.filter((name) => now.parameters[name] !== before.parameters[name]).map((name) => `${name} ${before.parameters[name] ?? 'unknown'} then, ${now.parameters[name] ?? 'unknown'} now`),
  ...(now.unit === before.unit ? [] : [`in ${before.unit} then, in ${now.unit} now`]),
];

function warningsOf(now: BenchReport, before: BenchReport): string[] {
  const pairs: readonly (readonly [what: string, then: string, now: string])[] = [
    ['adapter', before.adapter.name, now.adapter.name],
    ['host', before.host.name, now.host.name],
    // Hosts say these each in their own words.
    ...(before.host.name !== now.host.name ? [] : [
      ['host version', before.host.version, now.host.version],
      ['machine', `${before.host.platform}, ${before.host.cores} cores`, `${now.host.platform}, ${now.host.cores} cores`],
    ] as const),
  ];
  return pairs.filter(([, then, since]) => then !== since).map(([what, then, since]) => `The ${what} differs: ${then} then, ${since} now.`);
}

/** Holds a run against an earlier one, key by key. */
export function compareReports(now: BenchReport, before: BenchReport): Comparison {
  const old = new Map(before.results.map((result) => [result.key, result])), keys = new Set(now.results.map(({ key }) => key));
  const changes: Change[] = [], unlike: string[] = [];
  for (const result of now.results) {
    const earlier = old.get(result.key);
    if (earlier === undefined || NO_RATIO.includes(result.unit)) continue;
    const differences = differencesOf(result, earlier);
    if (differences.length > 0) unlike.push(`${result.key}: ${differences.join('; ')}`);
    else changes.push({ now: result, before: earlier, slowdown: slowdownOf(result, earlier), decides: decides(result) });
  }
  return {
    changes: changes.toSorted((a, b) => b.slowdown.ratio - a.slowdown.ratio), unlike, warnings: warningsOf(now, before),
    missing: before.results.filter(({ key }) => !keys.has(key)).map(({ key }) => key),
    added: now.results.filter(({ key }) => !old.has(key)).map(({ key }) => key),
  };
}

/** What is slower by more than `ratio`, and certainly so: the whole 95 % interval lies above it. */
export const slowerThan = ({ changes }: Comparison, ratio: number): Change[] => changes.filter((change) => change.decides && change.slowdown.ratio > ratio && change.slowdown.low > ratio);

/** Sample medians of both, for a table. */
export const mediansOf = ({ now, before }: Change): { readonly now: number; readonly before: number } =>
  ({ now: summarize(now.samples).median, before: summarize(before.samples).median });
