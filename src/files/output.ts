/** What is unpacked, as it grows: looked at as soon as its first bytes are there, and never beyond what they allow. */

import { BadFileError } from '../errors.ts';

export interface OutputLimits {
  /** What the file may unpack to at most. */
  readonly maxBytes: number;
  /** Bytes that the content itself says it has, from its first `HEAD_BYTES` or all there are. @throws BadFileError if it is none */
  readonly sizeOf?: ((head: Uint8Array, file: string) => number) | undefined;
}

/** Enough for any header that `sizeOf` reads. */
export const HEAD_BYTES = 2048;

export class Output {
  length = 0;
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(HEAD_BYTES);
  #limit = HEAD_BYTES;
  #isKnown = false;

  constructor(readonly file: string, readonly limits: OutputLimits) {}

  /** Makes room behind `length`. @throws BadFileError where so much is not allowed */
  reserve(count: number): void {
    const wanted = this.length + count;
    if (wanted > this.#limit) this.#allow(wanted);
    if (wanted <= this.bytes.length) return;
    const larger = this.#allocate(Math.max(wanted, Math.min(2 * this.bytes.length, this.#limit)));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  push(chunk: Uint8Array): void {
    // The head is looked at before room is made for what follows it.
    const first = Math.min(chunk.length, Math.max(0, HEAD_BYTES - this.length));
    this.#append(chunk.subarray(0, first));
    this.#append(chunk.subarray(first));
  }

  #append(part: Uint8Array): void {
    if (part.length === 0) return;
    this.reserve(part.length);
    this.bytes.set(part, this.length);
    this.length += part.length;
  }

  /** All of it, looked at in any case. */
  whole(): Uint8Array<ArrayBuffer> {
    this.#check(this.length);
    return this.bytes.subarray(0, this.length);
  }

  #allow(wanted: number): void {
    if (!this.#isKnown) {
      const { sizeOf, maxBytes } = this.limits;
      this.#isKnown = true;
      this.#limit = Math.min(sizeOf?.(this.bytes.subarray(0, this.length), this.file) ?? maxBytes, maxBytes);
    }
    this.#check(wanted);
  }

  #check(wanted: number): void {
    const { maxBytes } = this.limits;
    if (wanted > maxBytes) throw new BadFileError(this.file, `unpacks to more than the ${maxBytes} bytes allowed. Raise maxBytes if it should.`);
    if (this.#isKnown && wanted > this.#limit) throw new BadFileError(this.file, `unpacks to more than the ${this.#limit} bytes that its own header says.`);
  }

  #allocate(bytes: number): Uint8Array<ArrayBuffer> {
    try {
      return new Uint8Array(bytes);
    } catch (cause) {
      throw new BadFileError(this.file, `unpacks to ${bytes} bytes or more, which this host has no memory for.`, { cause });
    }
  }
}
