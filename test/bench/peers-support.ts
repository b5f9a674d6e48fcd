/** A small task for the libraries of the peers suite, and its data. Penalties and rates are large, so that a mistake shows. */
import { syntheticImages } from '../../src/bench/flagship.ts';
import { NO_DROPOUT, taskOf } from '../../src/bench/peers/task.ts';
import type { Task } from '../../src/bench/peers/contestant.ts';

export const SIZES = [24, 20, 12, 5];

export function smallTask(dropout: readonly number[] = NO_DROPOUT): Task {
  const data = syntheticImages(100, SIZES[0]!, SIZES.at(-1)!);
  return { ...taskOf(data, 16, dropout, SIZES), l2: 0.05 };
}
