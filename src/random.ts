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

/**
 * log(unit(word)), by additions, multiplications and divisions alone, which IEEE 754 rounds alike everywhere: engines differ in
 * the last bits of Math.log, and may. fdlibm's e_log.c (Sun Microsystems 1993), whose bits V8's are.
 */
function logOfUnit(word: number): number {
  const zeros = Math.clz32(word), m = (2 * word + 1) / (word === 0 ? 1 : 2 * (0x8000_0000 >>> zeros)); // unit(word) = m * 2^(-1 - zeros), m in [1, 2)
  const isUpper = m >= 1.4142112731933594, k = isUpper ? -zeros : -1 - zeros;
  const f = (isUpper ? m / 2 : m) - 1, s = f / (2 + f), z = s * s, w = z * z;
  const odd = z * (6.666666666666735130e-1 + w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  const rest = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1)) + odd, low = k * 1.90821492927058770002e-10;
  const half = 0.5 * f * f, isMiddle = m >= 1.3799991607666016 && m < 1.4200000762939453;
  return k * 6.93147180369123816490e-1 - ((isMiddle ? half - (s * (half + rest) + low) : s * (f - rest) - low) - f);
}

/** sin(x + y), |x| below pi / 4 or so and y what x lacks: fdlibm's k_sin.c. */
function sine(x: number, y: number): number {
  const z = x * x, v = z * x, third = -1.66666666666666324348e-1;
  const r = 8.33333333332248946124e-3 + z * (-1.98412698298579493134e-4 + z * (2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)));
  return y === 0 ? x + v * (third + z * r) : x - (z * (0.5 * y - v * r) - y - v * third);
}

/** cos(x + y): fdlibm's k_cos.c. What it takes from 1 first is the high word of x / 4. */
function cosine(x: number, y: number): number {
  const z = x * x, size = Math.abs(x), unit = size < 0.5 ? 2 ** 22 : 2 ** 21;
  const r = z * (4.16666666666666019037e-2 + z * (-1.38888888888741095749e-3 + z * (2.48015872894767294178e-5 + z * (-2.75573143513906633035e-7 + z * (2.08757232129817482790e-9 + z * -1.13596475577881948265e-11)))));
  const first = size < 0.2999999523162842 ? 0 : size < 0.7812504768371582 ? Math.floor(size * unit) / (4 * unit) : 0.28125;
  return 1 - first - (0.5 * z - first - (z * r - x * y));
}

/** Two normals of two words (Box, Muller 1958), to `out` at `at`; what would lie behind its end is left out. */
function normalPair(out: Float64Array, at: number, first: number, second: number): void {
  const radius = Math.sqrt(-2 * logOfUnit(first)), angle = 2 * Math.PI * unit(second);
  // The angle less `quarters` times pi / 2, to more bits than a double's (Cody, Waite 1980): fdlibm's e_rem_pio2.c.
  const quarters = angle < 0.7853984832763672 ? 0 : Math.floor(angle * 6.36619772367581382433e-1 + 0.5);
  const high = angle - quarters * 1.57079632673412561417, low = quarters * 6.07710050650619224932e-11, x = high - low, y = high - x - low;
  const [cos, sin] = [cosine(x, y), sine(x, y)], turned = quarters % 2 === 1;
  out[at] = radius * (turned ? -sin : cos) * (quarters === 2 || quarters === 3 ? -1 : 1);
  out[at + 1] = radius * (turned ? cos : sin) * (quarters === 2 || quarters === 3 ? -1 : 1);
}

/** `length` doubles from the standard normal distribution: the same bits on every host. */
export function normals(length: number, seed: number, stream: number): Float64Array<ArrayBuffer> {
  const words = manyWords(length, seed, stream, 0), out = new Float64Array(length);
  for (let i = 0; i < length; i += 2) normalPair(out, i, words[i]!, words[i + 1]!);
  return out;
}

/** As `normals`, those beyond `bound` drawn again, from the same place of the next step, until none is. */
export function truncatedNormals(length: number, seed: number, stream: number, bound: number): Float64Array<ArrayBuffer> {
  const out = normals(length, seed, stream), pair = new Float64Array(2);
  for (let i = 0; i < length; i++) {
    for (let step = 1; Math.abs(out[i]!) > bound; step++) {
      const words = randomWords(seed, stream, step, i >> 2);
      normalPair(pair, 0, words[i & 2]!, words[(i & 2) + 1]!);
      out[i] = pair[i & 1]!;
    }
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
