/**
 * Counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011; constants as in Random123). The same integers on the CPU and, from
 * `shaders/lib/philox.wgsl`, on every GPU.
 *
 * counter = [element >> 2, step, stream, 0], key = seed, and element & 3 picks the word.
 * A leaf: imports nothing.
 */

/** One stream per purpose, so that no two draws ever share a counter. Tensor or layer indices are added. */
export const STREAM = {
  /** + index of the parameter tensor; step 0 */
  weights: 0x0100_0000,
  /** step = epoch, 0-based */
  shuffle: 0x0200_0000,
  /** step 0 */
  split: 0x0300_0000,
  /** + index of the dropout layer in `model.layers`; step = training step, 0-based */
  dropout: 0x0400_0000,
} as const;

export type Words = [number, number, number, number];

/** High 32 bits of the product of two words, as an integer. No step leaves 32 bits: engines keep it off the heap. */
const mulHigh = (a: number, b: number): number => {
  const a0 = a & 0xffff, a1 = a >>> 16, b0 = b & 0xffff, b1 = b >>> 16;
  const middle = (Math.imul(a1, b0) >>> 0) + (Math.imul(a0, b0) >>> 16);
  const low = (Math.imul(a0, b1) >>> 0) + (middle & 0xffff);
  return (Math.imul(a1, b1) + (middle >>> 16) + (low >>> 16)) | 0;
};

/** A seed is any integer in [0, 2^53): its low and high 32 bits are the Philox key. */
export const seedKey = (seed: number): [number, number] => [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];

/** Ten rounds of Philox 4x32 on one counter; the four words go to `out` at `at`. */
function philoxInto(out: Uint32Array, at: number, counter: Readonly<Words>, key: readonly [number, number]): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, c0), low0 = Math.imul(0xd2511f53, c0);
    const high1 = mulHigh(0xcd9e8d57, c2), low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** Ten rounds of Philox 4x32 on one counter. Words are unsigned 32-bit integers. */
export function philox4x32(counter: Readonly<Words>, key: readonly [number, number]): Words {
  const out = new Uint32Array(4);
  philoxInto(out, 0, counter, key);
  return [out[0]!, out[1]!, out[2]!, out[3]!];
}

/** The four words of elements 4 * block .. 4 * block + 3. */
export const randomWords = (seed: number, stream: number, step: number, block: number): Words =>
  philox4x32([block >>> 0, step >>> 0, stream >>> 0, 0], seedKey(seed));

/** The words of elements 0 .. length - 1, and up to three more. */
function manyWords(length: number, seed: number, stream: number, step: number): Uint32Array {
  const blocks = Math.ceil(length / 4), out = new Uint32Array(4 * blocks), key = seedKey(seed);
  for (let block = 0; block < blocks; block++) philoxInto(out, 4 * block, [block, step >>> 0, stream >>> 0, 0], key);
  return out;
}

/** A word as a double in (0, 1): never 0, so that its logarithm is finite. */
const unit = (word: number): number => (word + 0.5) / 2 ** 32;

/** `length` doubles uniform in (0, 1). */
export const uniforms = (length: number, seed: number, stream: number): Float64Array =>
  Float64Array.from(manyWords(length, seed, stream, 0).subarray(0, length), unit);

/** `length` doubles from the standard normal distribution (Box-Muller on word pairs). */
export function normals(length: number, seed: number, stream: number): Float64Array<ArrayBuffer> {
  const words = manyWords(length, seed, stream, 0), out = new Float64Array(length);
  for (let i = 0; i < length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(unit(words[i]!))), angle = 2 * Math.PI * unit(words[i + 1]!);
    out[i] = radius * Math.cos(angle);
    if (i + 1 < length) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/**
 * A seeded permutation of 0 .. length - 1 (Fisher-Yates from the end).
 * The index is word * bound >> 32; its bias is below bound / 2^32.
 */
export function permutation(length: number, seed: number, stream: number, step: number): Uint32Array {
  const order = new Uint32Array(length).map((_, i) => i), words = manyWords(length, seed, stream, step);
  for (let i = length - 1, drawn = 0; i > 0; i--, drawn++) {
    const j = Math.floor((words[drawn]! / 2 ** 32) * (i + 1));
    const swap = order[i]!;
    order[i] = order[j]!;
    order[j] = swap;
  }
  return order;
}
