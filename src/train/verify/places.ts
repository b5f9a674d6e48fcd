/** Where a self-test puts its samples: at both ends of a data set and in its middle, so that small addresses are not all that is tried. */

import type { Bytes } from '../../scheduler/executor.ts';

/** Bytes for a buffer. */
export interface Write {
  readonly buffer: string;
  readonly offset: number;
  readonly data: Bytes;
}

/** Samples of a batch that is not whole, an epoch's last one: most of it, and a few. */
export const partOf = (count: number): number => (count <= 16 ? Math.max(1, count - 1) : Math.floor((3 * count) / 4) | 1);
export const fewOf = (count: number): number => (count <= 16 ? Math.max(1, count - 2) : (count >> 3) | 1);

/** Samples of the data set that hold drawn ones, in their order: the first and the middle few, and a batch at the end. */
export function placesOf(length: number, count: number): number[] {
  const few = fewOf(count), within = (first: number, size: number): number[] => Array.from({ length: size }, (_, i) => first + i);
  return [...new Set([...within(0, few), ...within(Math.floor((length - few) / 2), few), ...within(length - count, count)])].sort((a, b) => a - b);
}

/** Rows of `data`, `words` words each, as they lie at the places: one write for neighbours. */
export function scattered(buffer: string, data: Uint32Array<ArrayBuffer>, words: number, places: readonly number[]): Write[] {
  const writes: Write[] = [];
  for (let first = 0, end = 1; first < places.length; first = end++) {
    while (end < places.length && places[end] === places[end - 1]! + 1) end++;
    writes.push({ buffer, offset: 4 * words * places[first]!, data: data.slice(words * first, words * end) });
  }
  return writes;
}

/** Which of the drawn samples the batch at a window of an order has: each once, from all over, others for another replica. */
export const drawnAt = (count: number, drawn: number, turn: number): Uint32Array<ArrayBuffer> =>
  Uint32Array.from({ length: count }, (_, b) => (drawn - 1 - Math.floor((b * drawn) / count) + turn) % drawn);
