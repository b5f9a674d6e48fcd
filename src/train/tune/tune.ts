/** The tuner: times candidate tiles on the device and keeps the choice. */

import type { Device } from '../../device/index.ts';
import { OutOfMemoryError } from '../../errors.ts';
import { now as hostNow } from '../../host.ts';
import { loadLoweringsOf } from '../../compile/graphs.ts';
import { checkGivenTiles } from '../../compile/given-tiles.ts';
import { resolveTiles, type AdapterTraits, type Tiles } from '../../compile/tiles.ts';
import { weightLayers } from '../../model/network.ts';
import { bufferBytes } from '../../scheduler/buffers.ts';
import type { Prepared } from '../prepare.ts';
import { checkBudget, checkFits } from '../limits.ts';
import { trainerMemory } from '../memory.ts';
import { adapterTraits, classOf } from '../traits.ts';
import { Bench, benchBuffers } from './bench.ts';
import { defaultCache, tuneKey } from './cache.ts';
import type { TileNeeds } from './candidates.ts';
import { compete } from './compete.ts';
import type { TuneCache, TuneChoice, TuneOptions, TuneRecord, TuneReport } from './option.ts';
import { subjectsOf, withTile, type Subject } from './subjects.ts';

/**
 * Milliseconds. SwiftShader takes 0.9 s for the two pipelines of a candidate of 784-1000-500-10: with less than this
 * hardly one could be tried there.
 */
export const DEFAULT_BUDGET = { software: 10_000, hardware: 1000 } as const;

/** A sample lasts this many waits for nothing, so that their own spread is lost in it, and at least so many milliseconds. */
const LATENCIES = 20;
const SAMPLE_MILLISECONDS = { software: 20, hardware: 4 } as const;

/** The specification's default, which tiles keep to. */
const MOST_THREADS = 256;

export function needsOf({ gpu, adapter }: Device): TileNeeds {
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupStorageSize } = gpu.limits;
  return {
    state: classOf(adapter.state), subgroups: gpu.features.has('subgroups'),
    threads: Math.min(MOST_THREADS, maxComputeInvocationsPerWorkgroup), workgroupBytes: maxComputeWorkgroupStorageSize,
  };
}

/** A cache that never throws: without storage, tuning goes on. */
class SafeCache {
  #cache: TuneCache | undefined;
  #problem: string | undefined;

  /** Undefined, and the problem kept, where it throws. */
  async #attempt<T>(work: () => T): Promise<Awaited<T> | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  static async open(option: TuneOptions['cache'], host: Device['host']): Promise<SafeCache> {
    const safe = new SafeCache();
    if (option !== false) safe.#cache = await safe.#attempt(() => option ?? defaultCache(host));
    return safe;
  }

  /** The tiles under a key, if they are tiles that this device can run. */
  get(key: string, traits: AdapterTraits, batchSize: number): Promise<Tiles | undefined> {
    return this.#attempt(async () => {
      const tiles = (await this.#cache?.get(key))?.tiles;
      if (tiles === undefined) return undefined;
      checkGivenTiles(tiles);
      return resolveTiles(tiles, traits, batchSize);
    });
  }

  async set(key: string, record: TuneRecord): Promise<void> {
    await this.#attempt(() => this.#cache?.set(key, record));
  }

  get report(): Pick<TuneReport, 'cache'> {
    if (this.#cache === undefined && this.#problem === undefined) return {};
    return { cache: { place: this.#cache?.place ?? 'a cache', ...(this.#problem !== undefined && { problem: this.#problem }) } };
  }
}

const aboutOf = ({ build: { network, batchSize, replicas, fusion } }: Prepared): string => {
  const widths = [network.inputs, ...weightLayers(network).map(({ outputs }) => outputs)].join('-');
  return `${widths}, batch ${batchSize}, ${replicas} replica${replicas === 1 ? '' : 's'}, fusion ${fusion}`;
};

/**
 * The fastest tiles for this network on this device. For each product (forward, input gradient, weight gradient with
 * the update where they are one dispatch) and shape class (wide, narrow) the candidates run the dispatches of one step
 * that they change, alone, on the same weights and random activations; wall clock around submits that are read back,
 * medians over turns. The default stays unless another is faster by `MARGIN` or more.
 *
 * A candidate that the device refuses, or whose numbers differ from the default's by more than rounding, cannot win.
 * Direct and quad tiles, and workgroup tiles of one slice, agree bit for bit; workgroup tiles of several slices add in
 * another order, so that results differ in their last bits from an untuned trainer's.
 *
 * Without the memory for it, tuning is left out. All of its buffers are destroyed.
 * @param now milliseconds; for tests
 * @throws the signal's reason, DeviceLostError; OutOfMemoryError where the trainer would not fit either
 */
export async function tuneTiles(
  device: Device, prepared: Prepared, options: TuneOptions = {}, { now = hostNow, remeasure = false } = {},
): Promise<TuneReport> {
  const start = now();
  const { build, config } = prepared;
  await loadLoweringsOf(build);
  checkFits(build, device.gpu.limits);
  checkBudget(config.memoryBudgetBytes, trainerMemory(build));
  options.signal?.throwIfAborted();
  const cache = await SafeCache.open(options.cache, device.host);
  const subjects = subjectsOf(build, needsOf(device));
  const about = aboutOf(prepared);
  const finish = (report: Omit<TuneReport, 'about' | 'milliseconds' | 'cache'>): TuneReport => {
    const whole = { about, ...report, milliseconds: now() - start, ...cache.report };
    options.onReport?.(whole);
    return whole;
  };
  const defaults = { tiles: build.tiles, cached: false, choices: [] };
  if (subjects.length === 0) return finish({ ...defaults, skipped: 'no other tile is available for this network on this device' });
  const bytes = benchBuffers(prepared, subjects).reduce((sum, spec) => sum + bufferBytes(spec), 0);
  if (bytes > (config.memoryBudgetBytes ?? Infinity)) {
    return finish({ ...defaults, skipped: `it takes ${bytes} bytes of GPU memory, the budget is ${config.memoryBudgetBytes}` });
  }
  const key = await tuneKey(device, subjects);
  const known = remeasure ? undefined : await cache.get(key, adapterTraits(device), build.batchSize);
  if (known !== undefined) return finish({ tiles: known, cached: true, choices: [] });
  let choices: TuneChoice[];
  try {
    choices = await measure(device, prepared, subjects, options, now);
  } catch (error) {
    if (error instanceof OutOfMemoryError) return finish({ ...defaults, skipped: error.message });
    throw error;
  }
  const tiles = choices.reduce((tiles, choice, i) =>
    withTile(tiles, choice, subjects[i]!.candidates.find(({ name }) => name === choice.winner)!.tile), build.tiles);
  await cache.set(key, { about: `${about}, ${device.adapter.name}`, tiles });
  return finish({ tiles, cached: false, choices });
}

/** Each subject gets a share of what is left of the budget by its work, the largest first. */
async function measure(
  device: Device, prepared: Prepared, subjects: readonly Subject[], options: TuneOptions, now: () => number,
): Promise<TuneChoice[]> {
  const state = classOf(device.adapter.state);
  const { budgetMilliseconds = DEFAULT_BUDGET[state], signal, onProgress } = options;
  const end = now() + budgetMilliseconds;
  const bench = await Bench.create(device, prepared, subjects);
  try {
    const latency = await bench.latency(subjects[0]!, now);
    const sampleMilliseconds = Math.max(SAMPLE_MILLISECONDS[state], LATENCIES * latency);
    const choices: TuneChoice[] = [];
    let flopsLeft = subjects.reduce((sum, { flops }) => sum + flops, 0);
    for (const subject of subjects) {
      const { product, shape, flops, candidates } = subject;
      const milliseconds = Math.max(0, end - now()) * (flops / flopsLeft);
      flopsLeft -= flops;
      const onCandidate = (candidate: string): void => onProgress?.({
        product, shape, candidate, number: 1 + candidates.findIndex(({ name }) => name === candidate), count: candidates.length,
      });
      const { results, winner } = await compete(bench.contenders(subject, now), { milliseconds, latency, sampleMilliseconds, now, signal, onCandidate });
      choices.push({ product, shape, flops, candidates: results, winner });
    }
    return choices;
  } finally {
    bench.destroy();
  }
}
