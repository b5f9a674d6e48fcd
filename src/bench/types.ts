/** What a benchmark run is made of, as plain data: the same on every host, and the JSON that is written. */

import type { AdapterReport } from '../device/adapter.ts';

export const SUITES = ['ceilings', 'kernels', 'step', 'epoch', 'inference', 'cold', 'peers'] as const;
export type SuiteName = (typeof SUITES)[number];

export type Unit = 'ms' | 'us' | 'GFLOP/s' | 'GB/s' | 'images/s' | 'bytes' | 'ratio' | 'difference' | 'share';

/** One measured quantity. */
export interface Result {
  /** The same in every run of the same thing, e.g. 'step/momentum/batch=128/replicas=1'; `--compare` matches by it. */
  readonly key: string;
  readonly suite: SuiteName;
  /** Name of the table row and chart entry, short. */
  readonly label: string;
  /** What the number says, one sentence for a person. */
  readonly meaning: string;
  readonly unit: Unit;
  readonly better: 'lower' | 'higher';
  /** Every repetition in the order of time. Median and spread are computed from them (`summarize`). */
  readonly samples: readonly number[];
  /** What was run: batch, replicas, optimizer, library, backend, kernel, tile ... */
  readonly parameters: Readonly<Record<string, string | number>>;
  /** Figures that follow from the median: GFLOP/s, images per second, share of a measured ceiling ... */
  readonly derived: Readonly<Record<string, number>>;
}

/** Something that could not be measured, and why: never left out silently. */
export interface Omission {
  readonly suite: SuiteName;
  readonly key: string;
  readonly reason: string;
}

export type HostName = 'chrome' | 'firefox' | 'node' | 'deno';

/** Where a report was made. */
export interface HostReport {
  readonly name: HostName;
  /** Browser or runtime with its version, e.g. 'Chrome/147.0.7727.24' or 'Node.js v20.20.2, Dawn (webgpu 0.6.2)'. */
  readonly version: string;
  readonly platform: string;
  readonly cores: number;
}

/** Everything one `gradshader bench` measured. */
export interface BenchReport {
  readonly format: 1;
  /** ISO 8601, UTC. */
  readonly date: string;
  /** The library's version, and the arguments that repeat the run. */
  readonly version: string;
  readonly command: string;
  readonly host: HostReport;
  readonly adapter: AdapterReport;
  /** The tile and fusion choice of the flagship network on this adapter, as `gradshader plan` prints it. */
  readonly choice: Readonly<Record<string, string>>;
  readonly results: readonly Result[];
  readonly omissions: readonly Omission[];
}
