/** One benchmark run on this host: opens the device, runs the suites in turn, and says everything in a report. */

import { findHost } from './host.ts';
import { choiceOf, tunedTiles } from './choice.ts';
import type { BenchOptions } from './options.ts';
import type { Suite, SuiteContext } from './suite.ts';
import type { BenchReport, HostReport, Omission, Result, SuiteName } from './types.ts';
import { openDevice, type Device } from '../device/index.ts';
import { VERSION } from '../version.ts';

/** Told while the run goes on. */
export interface BenchEvents {
  /** Once, when the device is open: before anything is measured. */
  start?(about: Pick<BenchReport, 'host' | 'adapter'>): void;
  progress(text: string): void;
  result(result: Result): void;
  omission(omission: Omission): void;
}

/** Each suite is loaded when it is run: a page that runs one does not load the peers. */
export type Loaders = Readonly<Record<SuiteName, () => Promise<Suite>>>;

const LOADERS: Loaders = {
  ceilings: async () => (await import('./ceilings.ts')).ceilings,
  kernels: async () => (await import('./kernels.ts')).kernels,
  step: async () => (await import('./step.ts')).step,
  epoch: async () => (await import('./epoch.ts')).epoch,
  inference: async () => (await import('./inference.ts')).inference,
  cold: async () => async ({ omit }) => omit({ suite: 'cold', key: 'cold', reason: 'A cold start needs a browser started for it: run the bench with --host chrome.' }),
  peers: async () => (await import('./peers/index.ts')).peersSuite,
};

/** Keeps what suites emit and omit, and tells it. */
export function collect(events: BenchEvents): Pick<BenchReport, 'results' | 'omissions'> & Pick<SuiteContext, 'emit' | 'omit'> {
  const results: Result[] = [], omissions: Omission[] = [];
  return {
    results, omissions,
    emit: (result) => {
      results.push(result);
      events.result(result);
    },
    omit: (omission) => {
      omissions.push(omission);
      events.omission(omission);
    },
  };
}

/**
 * Runs the suites that the options name. When `signal` aborts, the report holds what was measured until then, and
 * says so. A suite that fails is an omission with its reason; the others go on.
 * @param loaders for tests
 * @param host default what the host's globals say
 * @throws NoDeviceError when there is no adapter that the options allow
 */
export async function runBench(
  options: BenchOptions, events: BenchEvents, signal: AbortSignal, loaders: Loaders = LOADERS, host: HostReport = findHost(),
): Promise<BenchReport> {
  const device = await openDevice({ software: options.software ?? 'fallback' });
  const { results, omissions, emit, omit } = collect(events);
  try {
    events.start?.({ host, adapter: device.adapter });
    const choice = await choiceFor(device, options, events, signal);
    for (const suite of options.suites) {
      if (signal.aborted) {
        omit({ suite, key: suite, reason: 'The run was stopped before.' });
        continue;
      }
      try {
        const run = await loaders[suite]();
        await run({ device, options, signal, emit, omit, progress: (text) => events.progress(text), ceilings: () => results.filter((result) => result.suite === 'ceilings') });
      } catch (error) {
        omit({ suite, key: suite, reason: signal.aborted ? 'The run was stopped.' : reasonOf(error) });
      }
    }
    return {
      format: 1, date: new Date().toISOString(), version: VERSION, command: options.command,
      host, adapter: device.adapter, choice, results, omissions,
    };
  } finally {
    await device.close();
  }
}

/** With `tune` the tuned one, which trainers then find in the cache; where tuning fails, the default and the reason. */
async function choiceFor(device: Device, { tune }: BenchOptions, events: BenchEvents, signal: AbortSignal): Promise<BenchReport['choice']> {
  if (!tune || signal.aborted) return choiceOf(device);
  events.progress('tuning');
  try {
    return choiceOf(device, await tunedTiles(device, signal));
  } catch (error) {
    return { ...choiceOf(device), 'not tuned': reasonOf(error) };
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
