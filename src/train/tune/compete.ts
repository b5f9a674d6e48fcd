/** Which of several candidates is fastest: the rules of the contest, without a GPU. */

import { DeviceLostError, GradshaderError } from '../../errors.ts';

/** One that takes part. */
export interface Contender {
  readonly name: string;
  /** Makes it ready, runs it once and compares its numbers with those of the first. @throws GradshaderError: why it may not win */
  prepare(): Promise<void>;
  /** Milliseconds from the submit of so many runs to results that were read. */
  time(runs: number): Promise<number>;
}

export interface ContestRules {
  /** Milliseconds for the whole contest, compilation included. */
  readonly milliseconds: number;
  /** Milliseconds of a submit that does nothing, and how many of them one sample should last at least. */
  readonly latency: number;
  readonly sampleMilliseconds: number;
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onCandidate?: (name: string) => void;
}

/**
 * 'timed' by medians; 'slower' so clearly at its first sample that it got no more; 'refused' by the device, or for
 * wrong numbers; 'untried' for want of time.
 */
export type Verdict = 'timed' | 'slower' | 'refused' | 'untried';

export interface Result {
  readonly name: string;
  readonly verdict: Verdict;
  /** Of one run: the median, or the only sample. */
  readonly milliseconds?: number;
  /** Why it was refused. */
  readonly reason?: string;
}

/** What came of a contest. */
export interface Outcome {
  /** One per contender, in their order. */
  readonly results: readonly Result[];
  /** By name. */
  readonly winner: string;
}

/**
 * A candidate must be faster than the default by this part, beyond what the clock can tell: two contenders of the same
 * code differed by up to 3.6 % in 40 contests on SwiftShader, mostly by less than 1 %. Nothing is won by a change for that.
 */
export const MARGIN = 0.05;

/** A first sample beyond this many of the default's is hopeless. */
const HOPELESS = 1.5;
/** Samples of each contender, the first one included. */
const LEAST_SAMPLES = 3;
const MOST_SAMPLES = 7;
const MOST_RUNS = 4096;

const isFatal = (error: unknown): boolean =>
  !(error instanceof GradshaderError) || error instanceof DeviceLostError || error.code === 'closed' || error.code === 'destroyed';

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

interface Entrant {
  readonly contender: Contender;
  /** Of one sample. */
  readonly samples: number[];
}

/** How many runs one sample takes, and the milliseconds of the last try. */
async function runsFor(contender: Contender, { sampleMilliseconds, signal }: ContestRules): Promise<{ runs: number; sample: number }> {
  let runs = 1;
  let sample = await contender.time(runs);
  while (sample < sampleMilliseconds && runs < MOST_RUNS) {
    signal?.throwIfAborted();
    // What is short is mostly waiting: more than doubled, but not by all that is missing at once.
    const factor = Math.min(16, Math.max(2, Math.ceil(sampleMilliseconds / sample)));
    runs = Math.min(MOST_RUNS, runs * factor);
    sample = await contender.time(runs);
  }
  return { runs, sample };
}

/**
 * Times the first contender, the default, then others as long as time enough is left for them, by what those before
 * took; then all that are not hopeless in turns, so that whatever disturbs the machine disturbs each of them.
 * The fastest wins; the default, unless another is clearly faster or it was refused itself.
 * @throws what `signal` gives as its reason; DeviceLostError; whatever is no GradshaderError
 */
export async function compete(contenders: readonly Contender[], rules: ContestRules): Promise<Outcome> {
  const { milliseconds, latency, now, signal } = rules;
  const start = now();
  const results = new Map<string, Result>();
  const entrants: Entrant[] = [];
  let runs = 0, sample = 0, dearest = 0;
  for (const contender of contenders) {
    signal?.throwIfAborted();
    const { name } = contender;
    const began = now();
    const need = dearest + (LEAST_SAMPLES - 1) * sample * (entrants.length + 1);
    if (began + need >= start + milliseconds) {
      results.set(name, { name, verdict: 'untried' });
      continue;
    }
    rules.onCandidate?.(name);
    try {
      await contender.prepare();
      if (runs === 0) ({ runs, sample } = await runsFor(contender, rules));
      const first = entrants.length === 0 ? sample : await contender.time(runs);
      if (first > HOPELESS * sample) results.set(name, { name, verdict: 'slower', milliseconds: Math.max(0, first - latency) / runs });
      else entrants.push({ contender, samples: [first] });
    } catch (error) {
      signal?.throwIfAborted();
      if (isFatal(error)) throw error;
      results.set(name, { name, verdict: 'refused', reason: (error as Error).message });
    }
    dearest = Math.max(dearest, now() - began);
  }
  if (entrants.length > 1) await race(entrants, runs, rules, start + milliseconds);
  signal?.throwIfAborted();
  for (const { contender: { name }, samples } of entrants) {
    results.set(name, { name, verdict: 'timed', milliseconds: Math.max(0, median(samples) - latency) / runs });
  }
  const inOrder = contenders.map(({ name }) => results.get(name)!);
  return { results: inOrder, winner: winnerOf(inOrder, (2 * latency) / Math.max(1, runs)) };
}

async function race(entrants: readonly Entrant[], runs: number, { now, signal }: ContestRules, end: number): Promise<void> {
  for (let count = 1; count < MOST_SAMPLES && (count < LEAST_SAMPLES || now() < end); count++) {
    for (const { contender, samples } of entrants) {
      signal?.throwIfAborted();
      samples.push(await contender.time(runs));
    }
  }
}

/** @param resolution milliseconds of one run that two clocks may be apart: hosts look for the end of a wait in ticks */
export function winnerOf(results: readonly Result[], resolution: number): string {
  const [usual] = results;
  const [fastest = usual!] = results.filter(({ verdict }) => verdict === 'timed').sort((a, b) => a.milliseconds! - b.milliseconds!);
  const isClear = usual!.verdict === 'refused' || fastest.milliseconds! + resolution < (1 - MARGIN) * usual!.milliseconds!;
  return isClear ? fastest.name : usual!.name;
}
