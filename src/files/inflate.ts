/**
 * Unpacks deflate (RFC 1951), and knows where it ends, as no host's DecompressionStream tells. Refuses what zlib refuses:
 * codes with too many or too few words, distances before the start.
 */

import type { Output } from './output.ts';

/** @throws the reader's error */
export type Damage = (reason: string) => never;

/** Words of up to so many bits are looked up; the few longer ones are walked bit by bit. */
const FAST_BITS = 10;
const MAX_BITS = 15;

interface Code {
  /** By the next FAST_BITS bits: symbol * 16 + length, or 0 for a longer word. */
  readonly fast: Uint16Array;
  /** Words of each length. */
  readonly counts: Uint16Array;
  /** In the order of their words. */
  readonly symbols: Uint16Array;
}

type Codes = [literals: Code, distances: Code];

/** Section 3.2.5: base lengths and distances, and their extra bits. */
const LENGTH_EXTRA = (symbol: number): number => (symbol < 8 || symbol === 28 ? 0 : (symbol >> 2) - 1);
const DISTANCE_EXTRA = (symbol: number): number => (symbol < 4 ? 0 : (symbol >> 1) - 1);
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;

function bases(count: number, first: number, extra: (symbol: number) => number): Uint16Array {
  const found = new Uint16Array(count);
  for (let symbol = 0, base = first; symbol < count; base += 1 << extra(symbol), symbol++) found[symbol] = base;
  return found;
}

const reversed = (word: number, bits: number): number => {
  let out = 0;
  for (let bit = 0; bit < bits; bit++) out |= (word >> bit & 1) << (bits - 1 - bit);
  return out;
};

/** Section 3.2.2. `mayLack`: a code of one word of one bit, or of none, is no fault. */
function codeOf(lengths: Uint8Array, mayLack: boolean, damaged: Damage): Code {
  const counts = new Uint16Array(MAX_BITS + 1), symbols = new Uint16Array(lengths.length), fast = new Uint16Array(1 << FAST_BITS);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  const next = new Uint16Array(MAX_BITS + 2), offsets = new Uint16Array(MAX_BITS + 2);
  let left = 1, longest = 0;
  for (let bits = 1; bits <= MAX_BITS; bits++) {
    left = 2 * left - counts[bits]!;
    if (left < 0) return damaged('a code has more words than its lengths allow');
    if (counts[bits]! > 0) longest = bits;
    next[bits + 1] = (next[bits]! + counts[bits]!) << 1;
    offsets[bits + 1] = offsets[bits]! + counts[bits]!;
  }
  if (left > 0 && !(mayLack && longest <= 1)) return damaged('a code lacks words');
  lengths.forEach((bits, symbol) => {
    if (bits === 0) return;
    const word = next[bits]!++;
    symbols[offsets[bits]!++] = symbol;
    if (bits > FAST_BITS) return;
    for (let at = reversed(word, bits); at < fast.length; at += 1 << bits) fast[at] = symbol << 4 | bits;
  });
  return { fast, counts, symbols };
}

const fixedLengths = (): Uint8Array => new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280);

export class Inflater {
  /** The next byte of `source` that is not yet in `#hold`. */
  at: number;
  #hold = 0;
  #bits = 0;
  #start = 0;
  #fixed: Codes | undefined;
  readonly #lengthBases = bases(29, 3, LENGTH_EXTRA).with(28, 258);
  readonly #distanceBases = bases(30, 1, DISTANCE_EXTRA);

  constructor(readonly source: Uint8Array, at: number, readonly out: Output, readonly damaged: Damage) {
    this.at = at;
  }

  /** One whole stream; then `at` is the byte behind it. */
  run(): void {
    this.#start = this.out.length;
    for (let isLast = 0; isLast === 0;) {
      isLast = this.#take(1);
      const kind = this.#take(2);
      if (kind === 0) this.#stored();
      else if (kind === 1) this.#packed(...(this.#fixed ??= [fixedLengths(), new Uint8Array(32).fill(5)].map((lengths) => codeOf(lengths, false, this.damaged)) as Codes));
      else if (kind === 2) this.#packed(...this.#codes());
      else this.damaged('a block is of no kind that there is');
    }
    this.#align();
  }

  /** Gives back the bytes that were taken in advance. */
  #align(): void {
    this.at -= this.#bits >> 3;
    this.#hold = this.#bits = 0;
  }

  #need(count: number): void {
    while (this.#bits < count) {
      if (this.at >= this.source.length) this.damaged('it is cut short');
      this.#hold |= this.source[this.at++]! << this.#bits;
      this.#bits += 8;
    }
  }

  #take(count: number): number {
    this.#need(count);
    const value = this.#hold & (1 << count) - 1;
    this.#hold >>>= count;
    this.#bits -= count;
    return value;
  }

  #stored(): void {
    this.#align();
    const { source, at } = this;
    if (at + 4 > source.length) this.damaged('it is cut short');
    const length = source[at]! | source[at + 1]! << 8;
    if ((length ^ 0xffff) !== (source[at + 2]! | source[at + 3]! << 8)) this.damaged('the length of a stored block is not what its copy says');
    if (at + 4 + length > source.length) this.damaged('it is cut short');
    this.out.push(source.subarray(at + 4, at + 4 + length));
    this.at = at + 4 + length;
  }

  /** Section 3.2.7. */
  #codes(): Codes {
    const literals = this.#take(5) + 257, distances = this.#take(5) + 1, count = this.#take(4) + 4;
    if (literals > 286 || distances > 30) this.damaged('a block has more symbols than there are');
    const own = new Uint8Array(19);
    for (let i = 0; i < count; i++) own[ORDER[i]!] = this.#take(3);
    const code = codeOf(own, false, this.damaged), lengths = new Uint8Array(literals + distances);
    for (let i = 0; i < lengths.length;) {
      const symbol = this.#symbol(code);
      if (symbol < 16) lengths[i++] = symbol;
      else {
        if (symbol === 16 && i === 0) this.damaged('a code repeats a length before there is one');
        const times = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
        if (i + times > lengths.length) this.damaged('a code has more lengths than symbols');
        lengths.fill(symbol === 16 ? lengths[i - 1]! : 0, i, i += times);
      }
    }
    if (lengths[256] === 0) this.damaged('a block cannot end');
    return [codeOf(lengths.subarray(0, literals), true, this.damaged), codeOf(lengths.subarray(literals), true, this.damaged)];
  }

  #symbol({ fast, counts, symbols }: Code): number {
    // The last bits of a file are fewer than a lookup would like.
    while (this.#bits < FAST_BITS && this.at < this.source.length) {
      this.#hold |= this.source[this.at++]! << this.#bits;
      this.#bits += 8;
    }
    const found = fast[this.#hold & (1 << FAST_BITS) - 1]!;
    if (found !== 0) {
      const bits = found & 15;
      if (bits > this.#bits) this.damaged('it is cut short');
      this.#hold >>>= bits;
      this.#bits -= bits;
      return found >> 4;
    }
    for (let bits = 1, word = 0, first = 0, index = 0; bits <= MAX_BITS; bits++) {
      word |= this.#take(1);
      const count = counts[bits]!;
      if (word - first < count) return symbols[index + word - first]!;
      index += count;
      first = (first + count) << 1;
      word <<= 1;
    }
    return this.damaged('a word is in no code');
  }

  #packed(literals: Code, distances: Code): void {
    const { out } = this;
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        if (out.length >= out.bytes.length) out.reserve(1);
        out.bytes[out.length++] = symbol;
      } else this.#copy(symbol - 257, distances);
    }
  }

  #copy(symbol: number, distances: Code): void {
    if (symbol > 28) this.damaged('a length is none that there is');
    const length = this.#lengthBases[symbol]! + this.#take(LENGTH_EXTRA(symbol));
    const far = this.#symbol(distances);
    if (far > 29) this.damaged('a distance is none that there is');
    const distance = this.#distanceBases[far]! + this.#take(DISTANCE_EXTRA(far));
    const { out } = this;
    if (distance > out.length - this.#start) this.damaged('a distance reaches before the start');
    out.reserve(length);
    const { bytes } = out;
    let to = out.length;
    for (const end = to + length; to < end; to++) bytes[to] = bytes[to - distance]!;
    out.length = to;
  }
}
