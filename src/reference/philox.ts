import { randomWords } from '../random.ts';

export { philox4x32, randomWords } from '../random.ts';

/**
 * The random words of elements first .. first + length - 1: unsigned 32-bit integers, the same on every device.
 * Element e is word e & 3 of Philox 4x32-10 at counter [e >> 2, step, stream, 0] with the seed as its key.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
export function philox(options: { seed: number; stream: number; step: number; length: number; first?: number }): Uint32Array {
  const { seed, stream, step, length, first = 0 } = options;
  const out = new Uint32Array(length);
  let block = -1;
  let words: readonly number[] = [];
  for (let i = 0; i < length; i++) {
    const element = first + i;
    if (element >>> 2 !== block) {
      block = element >>> 2;
      words = randomWords(seed, stream, step, block);
    }
    out[i] = words[element & 3]!;
  }
  return out;
}
