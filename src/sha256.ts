/** SHA-256 by FIPS 180-4, for hosts without `crypto.subtle`. A leaf, loaded only there. */

const primes = (count: number): number[] => {
  const found: number[] = [];
  for (let n = 2; found.length < count; n += 1) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
};
/** The first 32 bits of the fraction. Exact: a double has 53, and the whole part here at most 5. */
const fraction = (value: number): number => ((value - Math.floor(value)) * 2 ** 32) | 0;

const rotate = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits));

/** The message, a 1 bit, zeros, and its length in bits as a big-endian u64: whole blocks of 64 bytes. Section 5.1.1. */
function padded(bytes: Uint8Array): DataView {
  const all = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64), view = new DataView(all.buffer);
  all.set(bytes);
  all[bytes.length] = 0x80;
  view.setUint32(all.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(all.length - 4, (bytes.length * 8) >>> 0);
  return view;
}

/** The message schedule of one block. Section 6.2.2, step 1. */
function schedule(words: Int32Array, view: DataView, block: number): void {
  for (let t = 0; t < 16; t += 1) words[t] = view.getInt32(block + 4 * t);
  for (let t = 16; t < 64; t += 1) {
    const a = words[t - 15]!, b = words[t - 2]!;
    const small0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3), small1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    words[t] = small1 + words[t - 7]! + small0 + words[t - 16]!;
  }
}

/** Steps 2 to 4 of the same section. */
function compress(hash: Int32Array, words: Int32Array, constants: Int32Array): void {
  let [a, b, c, d, e, f, g, h] = hash as unknown as [number, number, number, number, number, number, number, number];
  for (let t = 0; t < 64; t += 1) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25), choice = (e & f) ^ (~e & g);
    const one = (h + big1 + choice + constants[t]! + words[t]!) | 0;
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22), majority = (a & b) ^ (a & c) ^ (b & c);
    [a, b, c, d, e, f, g, h] = [(one + big0 + majority) | 0, a, b, c, (d + one) | 0, e, f, g];
  }
  [a, b, c, d, e, f, g, h].forEach((value, i) => { hash[i]! += value; });
}

export function sha256Bytes(bytes: Uint8Array): Uint8Array {
  const constants = Int32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
  const hash = Int32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));
  const view = padded(bytes), words = new Int32Array(64);
  for (let block = 0; block < view.byteLength; block += 64) {
    schedule(words, view, block);
    compress(hash, words, constants);
  }
  const out = new DataView(new ArrayBuffer(32));
  hash.forEach((word, i) => out.setInt32(4 * i, word));
  return new Uint8Array(out.buffer);
}
