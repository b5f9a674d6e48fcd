/** What a suite is given and what it gives back. Suites run on every host: no DOM, no Node module. */

import type { Device } from '../device/index.ts';
import type { Omission, Result } from './types.ts';

export interface SuiteOptions {
  /** Least time of work behind one sample, in seconds; default 1. */
  readonly seconds: number;
  /** Samples per result; default 5. */
  readonly repetitions: number;
  /** Longest time one result may take, in seconds; what would take longer is omitted with that reason. Default 60. */
  readonly budgetSeconds: number;
  readonly batchSizes: readonly number[];
  readonly replicas: readonly number[];
  readonly optimizers: readonly string[];
  /** Time tile candidates before measuring. Default false. */
  readonly tune: boolean;
}

export interface SuiteContext {
  readonly device: Device;
  readonly options: SuiteOptions;
  readonly signal: AbortSignal;
  emit(result: Result): void;
  omit(omission: Omission): void;
  /** One line for the person who waits: what is being measured now. */
  progress(text: string): void;
  /** Ceilings measured so far in this run; none when that suite was not asked for. */
  ceilings(): readonly Result[];
}

/** Runs until done; stops soon after `signal` aborts, rejecting with its reason. */
export type Suite = (context: SuiteContext) => Promise<void>;
