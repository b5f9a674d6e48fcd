/**
 * The `cold` suite: from the start of a page's navigation to the loss of its first training step, each time in a
 * browser started for it, the libraries taking turns. Node only: a page cannot start a browser.
 */
import { join } from 'node:path';
import type { Browser } from 'puppeteer';
import { summarize } from '../../../bench/statistics.ts';
import type { SuiteContext } from '../../../bench/suite.ts';
import type { Result } from '../../../bench/types.ts';
import { BATCH } from './data.ts';
import { runCold, type ColdRun } from './run.ts';

/** The pages, by their folders; ours comes first. */
export const LIBRARIES = ['gradshader', 'jax-js', 'tfjs'] as const;
export type Library = (typeof LIBRARIES)[number];

export interface ColdOptions extends Pick<SuiteContext, 'signal' | 'emit' | 'omit' | 'progress'> {
  /** Where the built pages are: a folder per library. */
  readonly folder: string;
  /** Runs of each library; default of the bench 5. */
  readonly repetitions: number;
  /** Default all. */
  readonly libraries?: readonly Library[];
  /** Starts a browser in a new profile, in which nothing was opened. */
  launch(): Promise<Browser>;
}

/**
 * Measures and emits, per library: the time, the bytes its page loads, and per peer the ratio of each pair of runs.
 * When the signal aborts, what was measured is emitted before its reason is thrown.
 */
export async function coldSuite(options: ColdOptions): Promise<void> {
  const { libraries = LIBRARIES, repetitions, signal } = options;
  const runs = new Map<Library, ColdRun[]>(libraries.map((library) => [library, []]));
  try {
    for (let round = 0; round < repetitions; round++) {
      for (const library of libraries) {
        const known = runs.get(library);
        if (known === undefined) continue;
        signal.throwIfAborted();
        options.progress(`cold start of ${library}, ${round + 1} of ${repetitions}`);
        try {
          known.push(await runCold(join(options.folder, library), options.launch, signal));
        } catch (error) {
          signal.throwIfAborted();
          runs.delete(library);
          options.omit({ suite: 'cold', key: `cold/${library}`, reason: (error as Error).message });
        }
      }
    }
  } finally {
    emitAll(runs, options);
  }
}

function emitAll(runs: ReadonlyMap<Library, readonly ColdRun[]>, { emit }: Pick<ColdOptions, 'emit'>): void {
  for (const [library, done] of runs) {
    if (done.length > 0) for (const result of [timeOf(library, done), bytesOf(library, done)]) emit(result);
  }
  const ours = runs.get('gradshader') ?? [];
  for (const [library, done] of runs) {
    const pairs = Math.min(ours.length, done.length);
    if (library !== 'gradshader' && pairs > 0) emit(ratioOf(library, ours.slice(0, pairs), done.slice(0, pairs)));
  }
}

const parametersOf = (library: Library): Result['parameters'] => ({ library, backend: 'webgpu', batch: BATCH });

/** Milliseconds since the stage before, of one run. */
const stagesOf = ({ report }: ColdRun): (readonly [string, number])[] =>
  report.stages.map(([name, end], i) => [name, end - (report.stages[i - 1]?.[1] ?? 0)]);

function timeOf(library: Library, runs: readonly ColdRun[]): Result {
  const names = stagesOf(runs[0]!).map(([name]) => name);
  const derived = names.map((name, i) => [`${name}, ms`, summarize(runs.map((run) => stagesOf(run)[i]![1])).median] as const);
  return {
    key: `cold/${library}`, suite: 'cold', label: library,
    meaning: 'Time from the start of a page load to the loss of the first training step of 784-1000-500-10, in a browser started ' +
      'for it with a new profile: HTTP, code and shader caches are empty; the files of the browser itself are in the system\'s cache.',
    unit: 'ms', better: 'lower', samples: runs.map(({ report }) => report.milliseconds),
    parameters: parametersOf(library), derived: Object.fromEntries(derived),
  };
}

function bytesOf(library: Library, runs: readonly ColdRun[]): Result {
  const { bytes, gzipBytes } = runs[0]!;
  return {
    key: `cold/bytes/${library}`, suite: 'cold', label: `${library}: bytes loaded`,
    meaning: 'Bytes of HTML and minified scripts that a page which only trains this network loads, compressed by gzip.',
    unit: 'bytes', better: 'lower', samples: [gzipBytes], parameters: parametersOf(library), derived: { 'uncompressed, bytes': bytes },
  };
}

function ratioOf(library: Library, ours: readonly ColdRun[], theirs: readonly ColdRun[]): Result {
  return {
    key: `cold/ratio/${library}`, suite: 'cold', label: `${library} / gradshader`,
    meaning: `How many times as long ${library} takes from page load to first step; each sample is a pair of runs, one after the other.`,
    unit: 'ratio', better: 'higher', samples: theirs.map(({ report }, i) => report.milliseconds / ours[i]!.report.milliseconds),
    parameters: parametersOf(library), derived: {},
  };
}
