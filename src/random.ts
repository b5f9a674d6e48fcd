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

const mulHigh = (a: number, b: number): number => {
  const a0 = a & 0xffff, a1 = a >>> 16, b0 = b & 0xffff, b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const low = (middle & 0xffff) + a0 * b1;
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(low / 0x10000)) >>> 0;
};

/** A seed is any integer in [0, 2^53): its low and high 32 bits are the Philox key. */
export const seedKey = (seed: number): [number, number] => [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];

/** Ten rounds of Philox 4x32 on one counter. Words are unsigned 32-bit integers. */
export function philox4x32(counter: Readonly<Words>, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, c0), low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = mulHigh(0xcd9e8d57, c2), low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** The four words of elements 4 * block .. 4 * block + 3. */
export const randomWords = (seed: number, stream: number, step: number, block: number): Words =>
  philox4x32([block >>> 0, step >>> 0, stream >>> 0, 0], seedKey(seed));

/** A word as a double in (0, 1): never 0, so that its logarithm is finite. */
const unit = (word: number): number => (word + 0.5) / 2 ** 32;

/** `length` doubles uniform in (0, 1). */
export function uniforms(length: number, seed: number, stream: number): Float64Array {
  const out = new Float64Array(length);
  for (let i = 0; i < length; i += 4) {
    const words = randomWords(seed, stream, 0, i >> 2);
    for (let j = 0; j < 4 && i + j < length; j++) out[i + j] = unit(words[j]!);
  }
  return out;
}

/** `length` doubles from the standard normal distribution (Box-Muller on word pairs). */
export function normals(length: number, seed: number, stream: number): Float64Array {
  const u = uniforms(length + (length & 1), seed, stream);
  const out = new Float64Array(length);
  for (let i = 0; i < length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(u[i]!)), angle = 2 * Math.PI * u[i + 1]!;
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
  const order = Uint32Array.from({ length }, (_, i) => i);
  let words: Words = [0, 0, 0, 0];
  for (let i = length - 1, drawn = 0; i > 0; i--, drawn++) {
    if ((drawn & 3) === 0) words = randomWords(seed, stream, step, drawn >> 2);
    const j = Math.floor((words[drawn & 3]! / 2 ** 32) * (i + 1));
    const swap = order[i]!;
    order[i] = order[j]!;
    order[j] = swap;
  }
  return order;
}
