/** The header of a safetensors file: which tensors there are, of what kind, and where. */

import { encodeText } from '../text.ts';
import { DTYPE_BITS, hasLoneSurrogate, METADATA, quote, type Dtype } from './safetensors-format.ts';

/** One tensor of a header; its bytes are [begin, end) of the data part. */
export interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Throws the reader's error. */
export type Fail = (reason: string) => never;

/**
 * Parses exactly the headers the format allows. Not JSON.parse: that keeps the last of two equal keys, takes
 * 1.0 for an integer, and builds whatever a hostile header says before anything can be checked.
 */
export class HeaderParser {
  private at = 0;

  constructor(private readonly text: string, private readonly fail: Fail) {}

  parse(): { entries: Entry[]; metadata: Record<string, string> } {
    const entries: Entry[] = [];
    let metadata: [string, string][] = [];
    this.object('the header', (name) => {
      if (name === METADATA) metadata = this.metadata();
      else entries.push(this.entry(name));
    });
    this.space();
    if (this.at < this.text.length) this.unexpected('the end of the header');
    return { entries, metadata: Object.fromEntries(metadata) };
  }

  private metadata(): [string, string][] {
    const pairs: [string, string][] = [];
    this.object(METADATA, (key) => pairs.push([key, this.string(`a string as ${METADATA} ${quote(key)}`)]));
    return pairs;
  }

  private entry(name: string): Entry {
    const where = `tensor ${quote(name)}`;
    let dtype: string | undefined, shape: number[] | undefined, range: number[] | undefined;
    this.object(where, (key) => {
      if (key === 'dtype') dtype = this.string(`a dtype of ${where}`);
      else if (key === 'shape') shape = this.sizes(`the shape of ${where}`);
      else if (key === 'data_offsets') range = this.sizes(`the data_offsets of ${where}`);
      else this.fail(`${where} has the key ${quote(key)}; wanted dtype, shape and data_offsets only`);
    });
    if (dtype === undefined) return this.fail(`${where} has no dtype`);
    if (shape === undefined) return this.fail(`${where} has no shape`);
    if (range === undefined) return this.fail(`${where} has no data_offsets`);
    if (!Object.hasOwn(DTYPE_BITS, dtype)) this.fail(`${where} has the unknown dtype ${quote(dtype)}`);
    if (range.length !== 2) this.fail(`${where}: data_offsets must be [begin, end], got ${range.length} numbers`);
    return { name, dtype: dtype as Dtype, shape, begin: range[0]!, end: range[1]! };
  }

  /** `{ "key": value, ... }`; `value` parses what follows the colon. */
  private object(where: string, value: (key: string) => void): void {
    this.expect('{', `an object as ${where}`);
    const keys = new Set<string>();
    if (this.accept('}')) return;
    do {
      const key = this.string(`a key of ${where}`);
      if (keys.has(key)) this.fail(`${where} has the key ${quote(key)} twice`);
      keys.add(key);
      this.expect(':', `':' after the key ${quote(key)}`);
      value(key);
    } while (this.accept(','));
    this.expect('}', `',' or '}' in ${where}`);
  }

  /** `[n, ...]` of non-negative safe integers, written as plain digits. */
  private sizes(where: string): number[] {
    const sizes: number[] = [];
    this.expect('[', `a list as ${where}`);
    if (this.accept(']')) return sizes;
    do {
      this.space();
      const token = /[\d.+\-eE]*/y;
      token.lastIndex = this.at;
      const digits = token.exec(this.text)![0];
      if (!/^(0|[1-9]\d{0,15})$/.test(digits) || !Number.isSafeInteger(Number(digits))) {
        if (digits === '') this.unexpected(`an integer in ${where}`);
        this.fail(`${where} must be integers from 0 to 2^53 - 1, got ${quote(digits)}`);
      }
      this.at += digits.length;
      sizes.push(Number(digits));
    } while (this.accept(','));
    this.expect(']', `',' or ']' in ${where}`);
    return sizes;
  }

  private string(wanted: string): string {
    this.expect('"', wanted);
    const start = this.at;
    let plain = true;
    for (let code = 0; code !== 0x22; this.at++) {
      if (this.at >= this.text.length) this.fail(`the header ends inside ${wanted}`);
      code = this.text.charCodeAt(this.at);
      if (code === 0x5c || code < 0x20) plain = false;
      if (code === 0x5c) this.at++; // a backslash: whatever follows is not the closing quote
    }
    let value = this.text.slice(start, this.at - 1);
    if (!plain) {
      try {
        value = JSON.parse(`"${value}"`) as string;
      } catch {
        this.fail(`wanted ${wanted}, got text that is not valid JSON`);
      }
    }
    if (hasLoneSurrogate(value)) this.fail(`wanted ${wanted}, got half a surrogate pair`);
    return value;
  }

  private space(): void {
    while (' \t\n\r'.includes(this.text[this.at] ?? '-')) this.at++;
  }

  private accept(character: string): boolean {
    this.space();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private expect(character: string, wanted: string): void {
    if (!this.accept(character)) this.unexpected(wanted);
  }

  private unexpected(wanted: string): never {
    const got = this.at < this.text.length ? quote(this.text.slice(this.at, this.at + 12)) : 'the end of the header';
    const byte = encodeText(this.text.slice(0, this.at)).length;
    return this.fail(`wanted ${wanted}, got ${got} at header byte ${byte}`);
  }
}
