/** What a benchmark run is asked for: plain data, so that it can be sent into a page. */

import { OPTIMIZER_NAMES } from '../model/optimizers/named.ts';
import type { SuiteOptions } from './suite.ts';
import { type SuiteName } from './types.ts';

export interface BenchOptions extends SuiteOptions {
  readonly suites: readonly SuiteName[];
  /** 'never' refuses a software adapter, 'only' takes nothing else; default 'fallback': the GPU if there is one. */
  readonly software?: 'never' | 'fallback' | 'only';
  /** The command that repeats the run, for the report. */
  readonly command: string;
}

export const DEFAULT_OPTIONS: SuiteOptions = {
  seconds: 1, repetitions: 5, budgetSeconds: 60, batchSizes: [32, 128, 1024], replicas: [1, 8, 32],
  optimizers: OPTIMIZER_NAMES,
  tune: false,
};

/** For a look: fewer, shorter samples of fewer things. */
export const QUICK_OPTIONS: SuiteOptions = {
  ...DEFAULT_OPTIONS, seconds: 0.2, repetitions: 3, budgetSeconds: 10, batchSizes: [128], replicas: [1], optimizers: ['momentum', 'adam'],
};
