/** One buffer: its bytes, and float64 numbers in their place as soon as a kernel takes them for floats. */

import type { Category } from '../scheduler/buffers.ts';
import type { Bytes } from '../scheduler/executor.ts';

export class Storage {
  readonly name: string;
  readonly bytes: number;
  readonly category: Category;
  readonly #words: Uint32Array<ArrayBuffer>;
  #floats: Float64Array | undefined;

  constructor(name: string, bytes: number, category: Category) {
    this.name = name;
    this.bytes = bytes;
    this.category = category;
    this.#words = new Uint32Array(Math.ceil(bytes / 4));
  }

  get words(): Uint32Array<ArrayBuffer> {
    if (this.#floats !== undefined) throw new Error(`${this.name} holds floats, and a kernel takes it for words.`);
    return this.#words;
  }

  get floats(): Float64Array {
    return (this.#floats ??= new Float64Array(new Float32Array(this.#words.buffer)));
  }

  /** What was written here last, not what twins made of it since. */
  get written(): Float32Array {
    return new Float32Array(this.#words.buffer);
  }

  write(data: Bytes, offset: number): void {
    new Uint8Array(this.#words.buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    this.#floats?.set(new Float32Array(this.#words.buffer, offset, data.byteLength / 4), offset / 4);
  }

  /** The bytes that a GPU would hold: floats rounded to f32. */
  read(offset: number, bytes: number): ArrayBuffer {
    if (this.#floats === undefined) return this.#words.buffer.slice(offset, offset + bytes);
    // Not by `from`: what is marked as not yet written shall keep its bits.
    return new Float32Array(this.#floats.subarray(offset / 4, (offset + bytes) / 4)).buffer;
  }

  /** Takes a range of another buffer, unrounded. */
  copy(from: Storage, offset: number, target: number, bytes: number): void {
    const [start, end] = [offset / 4, (offset + bytes) / 4];
    if (from.#floats === undefined && this.#floats === undefined) this.#words.set(from.#words.subarray(start, end), target / 4);
    else this.floats.set(from.floats.subarray(start, end), target / 4);
  }

  /** Leaves of every float what f32 keeps. */
  round(): void {
    this.#floats?.set(new Float32Array(this.#floats));
  }
}
