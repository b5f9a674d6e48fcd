/** The bytes of a file, where people have its path in hand, or a promise of them. */

import { cameAs, ownArray } from '../arrays.ts';
import { InputError } from '../errors.ts';

/** Where bytes are to be had from. */
const READABLE = ['String', 'URL', 'File', 'Blob', 'Response'];

/** @throws InputError unless they are bytes */
export function ownBytes(file: string, given: unknown): Uint8Array<ArrayBuffer> {
  const what = `${file}: its bytes`, tag = Object.prototype.toString.call(given);
  const first = READABLE.some((name) => tag.endsWith(` ${name}]`)) ? 'Read the file first.' : / Promise\]/.test(tag) ? 'Await it first.' : undefined;
  if (first !== undefined) throw new InputError(`${what} must be a Uint8Array, got ${cameAs(given)}. ${first}`);
  return ownArray(what, given, 'Uint8Array') as Uint8Array<ArrayBuffer>;
}
