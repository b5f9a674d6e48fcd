/** What every host of the benchmark is to the command. */

import type { BenchOptions } from '../../bench/options.ts';
import type { BenchEvents } from '../../bench/run.ts';
import type { BenchReport } from '../../bench/types.ts';

export type { BenchEvents, BenchOptions };

export interface BenchHost {
  /** Runs the suites there. When `signal` aborts, the report holds what was measured until then. */
  run(options: BenchOptions, events: BenchEvents, signal: AbortSignal): Promise<BenchReport>;
}
