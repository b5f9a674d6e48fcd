/** Taking turns: contestants are timed one after the other, round by round, so that a pair saw the same machine. */

import { InputError } from '../errors.ts';

/** Work that can be done in any amount. */
export interface Work {
  /** Does `count` units, ended by a real readback. @returns how many things were done, at least one: steps, images */
  run(count: number): Promise<number>;
}

export interface Pacing {
  /** Least time of one sample. */
  readonly seconds: number;
  readonly rounds: number;
  /** What all rounds together may take; fewer rounds are made where these take longer. */
  readonly budgetSeconds: number;
  readonly signal: AbortSignal;
  /** Milliseconds; default performance.now. */
  readonly now?: () => number;
}

/** With fewer samples a median says nothing. */
export const LEAST_ROUNDS = 3;
/** A count is trusted once it took this share of the least time. */
const TRUSTED_SHARE = 0.25;
/** Milliseconds aimed at per second of the least time: samples vary, and should seldom last less. */
const AIM = 1100;

async function millisecondsOf(work: Work, count: number, now: () => number): Promise<{ readonly milliseconds: number; readonly things: number }> {
  const start = now(), things = await work.run(count);
  return { milliseconds: now() - start, things };
}

/** Warms up, and finds the count that lasts `seconds`, and how long it lasts. */
async function countFor(work: Work, { seconds, signal, now = () => performance.now() }: Pacing): Promise<{ count: number; milliseconds: number }> {
  await work.run(1);
  for (let count = 1; ; count *= 4) {
    signal.throwIfAborted();
    const { milliseconds } = await millisecondsOf(work, count, now);
    if (milliseconds < 1000 * seconds * TRUSTED_SHARE) continue;
    const enough = Math.ceil((AIM * count * seconds) / milliseconds);
    return { count: enough, milliseconds: (milliseconds / count) * enough };
  }
}

/**
 * Milliseconds per thing of every work in every round, [work][round]. Every other round goes backwards, so that a
 * machine that slows down or warms up favours nobody.
 * @throws InputError when not even three rounds fit the budget, with what they would take; the signal's reason
 */
export async function alternate(works: readonly Work[], pacing: Pacing): Promise<number[][]> {
  const { rounds, budgetSeconds, signal, now = () => performance.now() } = pacing;
  const counts: { count: number; milliseconds: number }[] = [];
  for (const work of works) counts.push(await countFor(work, pacing));
  const roundSeconds = counts.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
  if (LEAST_ROUNDS * roundSeconds > budgetSeconds) {
    throw new InputError(`${LEAST_ROUNDS} rounds would take ${Math.ceil(LEAST_ROUNDS * roundSeconds)} s, more than the budget of ${budgetSeconds} s. Raise the budget.`);
  }
  const samples = works.map((): number[] => []);
  for (let round = 0; round < Math.min(rounds, Math.floor(budgetSeconds / roundSeconds)); round++) {
    const order = works.map((_, i) => (round % 2 === 0 ? i : works.length - 1 - i));
    for (const i of order) {
      signal.throwIfAborted();
      const { milliseconds, things } = await millisecondsOf(works[i]!, counts[i]!.count, now);
      samples[i]!.push(milliseconds / things);
    }
  }
  return samples;
}
