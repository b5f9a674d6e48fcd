/** The option `tune` of a trainer, and what it reports. */

import { InputError } from '../../errors.ts';
import type { ProductName, Tiles } from '../../compile/tiles.ts';
import { checkOptions, demand, demandSignal, textOf } from '../../options.ts';
import type { Result } from './compete.ts';

/** What is kept of a choice. Plain data. */
export interface TuneRecord {
  /** For people: network and adapter. */
  readonly about: string;
  readonly tiles: Tiles;
}

/** A store of choices by key. Where it fails or gives something else than a record, the choice is measured. */
export interface TuneCache {
  /** For people: where it lies. */
  readonly place?: string;
  get(key: string): Promise<TuneRecord | undefined> | TuneRecord | undefined;
  set(key: string, record: TuneRecord): Promise<void> | void;
}

/** What is being timed now. */
export interface TuneProgress {
  readonly product: ProductName;
  readonly shape: 'wide' | 'narrow';
  readonly candidate: string;
  /** Of the product and shape, from 1, and how many there are. */
  readonly number: number;
  readonly count: number;
}

/** One product and shape class: what was tried, what was taken. */
export interface TuneChoice {
  readonly product: ProductName;
  readonly shape: 'wide' | 'narrow';
  /** Floating-point operations of these products in one step, all replicas. */
  readonly flops: number;
  /** By name, the default first; milliseconds are those of one training step. */
  readonly candidates: readonly Result[];
  readonly winner: string;
}

export interface TuneReport {
  /** For people: the network. */
  readonly about: string;
  readonly tiles: Tiles;
  /** Tuning was left out, and why: the default tiles are used. */
  readonly skipped?: string;
  /** Whether the cache had the tiles; there are no choices then. */
  readonly cached: boolean;
  readonly choices: readonly TuneChoice[];
  readonly milliseconds: number;
  readonly cache?: { readonly place: string; readonly problem?: string };
}

export interface TuneOptions {
  /** Time to spend, in milliseconds, exceeded by little. Default 1000 on hardware, 10,000 on software adapters, where compiling is slow. */
  readonly budgetMilliseconds?: number;
  /**
   * Where choices are kept. Default in Node gradshader/tiles.json in XDG_CACHE_HOME or ~/.cache, on Windows in
   * LOCALAPPDATA; elsewhere the browser's Cache storage. False: always measure, keep nothing.
   */
  readonly cache?: TuneCache | false;
  /** Stops tuning, and with it the making of the trainer: it is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TuneProgress) => void;
  readonly onReport?: (report: TuneReport) => void;
}

/** @throws InputError */
export function checkTune(tune: boolean | TuneOptions | undefined): void {
  if (tune === undefined || typeof tune === 'boolean') return;
  const { budgetMilliseconds = 1, cache = false, signal, onProgress, onReport } =
    checkOptions('tune', tune, ['budgetMilliseconds', 'cache', 'signal', 'onProgress', 'onReport']);
  demand(Number.isFinite(budgetMilliseconds) && budgetMilliseconds > 0, 'tune.budgetMilliseconds', 'a finite number above 0', budgetMilliseconds);
  demandSignal('tune.signal', signal);
  for (const [name, value] of Object.entries({ onProgress, onReport })) {
    demand(value === undefined || typeof value === 'function', `tune.${name}`, 'a function', value);
  }
  if (cache !== false && (typeof cache?.get !== 'function' || typeof cache.set !== 'function')) {
    throw new InputError(`tune.cache must be false or have the methods get(key) and set(key, record), got ${textOf(cache)}.`);
  }
}
