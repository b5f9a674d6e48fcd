import { philox4x32 as ours, randomWords as wordsOf, type Words } from '../random.ts';
import { requireFields, requireKind, requireLength } from './check.ts';

/** Ten rounds of Philox 4x32 on one counter. Words are unsigned 32-bit integers. Throws InputError unless all are whole numbers. */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>): Words {
  requireKind('philox4x32', 'counter', counter, 'values');
  requireKind('philox4x32', 'key', key, 'values');
  requireLength('philox4x32', 'counter', counter, 4);
  requireLength('philox4x32', 'key', key, 2);
  const [[a, b, c, d], [low, high]] = [counter, key].map((words) => Array.from(words)) as [Words, [number, number]];
  for (const word of [a, b, c, d, low, high]) requireKind('philox4x32', 'a word', word, 'size');
  return ours([a, b, c, d], [low, high]);
}

/** The four words of elements 4 * block .. 4 * block + 3. Throws InputError unless all are whole numbers. */
export function randomWords(seed: number, stream: number, step: number, block: number): Words {
  for (const [name, value] of Object.entries({ seed, stream, step, block })) requireKind('randomWords', name, value, 'size');
  return wordsOf(seed, stream, step, block);
}

/**
 * The random words of elements first .. first + length - 1: unsigned 32-bit integers, the same on every device.
 * Element e is word e & 3 of Philox 4x32-10 at counter [e >> 2, step, stream, 0] with the seed as its key.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
export function philox(options: { seed: number; stream: number; step: number; length: number; first?: number }): Uint32Array {
  const { seed, stream, step, length, first = 0 } =
    requireFields('philox', options, { seed: 'size', stream: 'size', step: 'size', length: 'size', first: 'size?' });
  const out = new Uint32Array(length);
  let block = -1;
  let words: readonly number[] = [];
  for (let i = 0; i < length; i++) {
    const element = first + i;
    if (element >>> 2 !== block) {
      block = element >>> 2;
      words = wordsOf(seed, stream, step, block);
    }
    out[i] = words[element & 3]!;
  }
  return out;
}
