/** What is found out about an environment. */

import type { AdapterReport, AdapterState } from './adapter.ts';

/** What this environment can do. `fix` is the one thing to try, '' where all is well. */
export interface Probe {
  /** `none`: no WebGPU at all. `no-adapter`: WebGPU, but nothing to run on. */
  readonly state: 'none' | 'no-adapter' | AdapterState;
  readonly adapter?: AdapterReport;
  readonly reason: string;
  readonly fix: string;
}
