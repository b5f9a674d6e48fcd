/** The benchmark in a page or runtime that another process started: it tells that process what happens. */
import { runBench } from '../../bench/run.ts';
import { GradshaderError } from '../../errors.ts';
import type { Ending } from './ending.ts';
import type { BenchEvents, BenchOptions } from './host.ts';

/** Tells an event, by its name among BenchEvents. */
export type Tell = (name: keyof BenchEvents, value: unknown) => void;

/** Runs the benchmark here. An error is an ending too. */
export async function runRemote(options: BenchOptions, tell: Tell, signal: AbortSignal): Promise<Ending> {
  const events: BenchEvents = {
    start: (about) => tell('start', about),
    result: (result) => tell('result', result),
    omission: (omission) => tell('omission', omission),
    progress: (text) => tell('progress', text),
  };
  try {
    return { report: await runBench(options, events, signal) };
  } catch (error) {
    const { message, stack } = error as Error;
    return { failure: error instanceof GradshaderError ? { code: error.code, message } : { message: stack ?? message } };
  }
}
