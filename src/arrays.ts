/** Typed arrays from outside, of whatever realm and memory. A leaf. */

import { InputError } from './errors.ts';
import { textOf } from './options.ts';

const MAKERS = { Uint8Array, Float32Array, Uint32Array } as const;

type Name = keyof typeof MAKERS;
type Made<N extends Name> = ReturnType<(typeof MAKERS)[N]['from']>;

/** A typed array's kind, and undefined for all else: a getter of the language's own, which nothing else satisfies, in any realm. */
export const kindOf = (value: unknown): string | undefined =>
  Reflect.get(Object.getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag, value) as string | undefined;

/** What messages call a value that is no such array. */
export const cameAs = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return textOf(value);
  return kindOf(value) ?? Object.prototype.toString.call(value).slice(8, -1);
};

export const isArray = <N extends Name>(value: unknown, ...names: readonly N[]): value is Made<N> =>
  (names as readonly (string | undefined)[]).includes(kindOf(value));

/** Whether a view of memory is a typed array of numbers, and its memory there. */
export const isNumbers = (view: ArrayBufferView): boolean => /^(?!Big)/.test(kindOf(view) ?? 'Big') && (view.byteLength > 0 || !isGone(view));

/** Memory that another thread may write to, or whose size may change: the GPU is given none, and some drivers die of it. */
function isPlain(buffer: ArrayBufferLike): buffer is ArrayBuffer {
  return Object.prototype.toString.call(buffer) === '[object ArrayBuffer]' && !(buffer as { resizable?: boolean }).resizable;
}

/** Whether the memory below an array was transferred away, or ends before it: then the language's own methods refuse it. */
function isGone(value: ArrayBufferView): boolean {
  try {
    (value as Uint8Array).keys();
    return false;
  } catch {
    return true;
  }
}

/**
 * The values of a typed array as one of this realm on memory of its own size: the array itself where it is that already,
 * another view of its memory where it comes from another realm, a copy where its memory is shared or can be resized.
 * @param what it is, for messages
 * @throws InputError for another kind, or for memory that was transferred away
 */
export function ownArray<N extends Name>(what: string, value: unknown, ...names: readonly N[]): Made<N> & ArrayBufferView<ArrayBuffer> {
  if (!isArray(value, ...names)) {
    throw new InputError(`${what} must be a ${names.join(' or a ')}, got ${cameAs(value)}. Convert it first.`);
  }
  const { buffer, byteOffset, length } = value as Made<Name>;
  if (isGone(value as Made<Name>)) {
    throw new InputError(`${what} has lost its memory: it was transferred to another thread, or shrank. Give a copy.`);
  }
  const make = MAKERS[kindOf(value) as N] as unknown as new (from: ArrayBufferLike | ArrayLike<number>, offset?: number, length?: number) => Made<N> & ArrayBufferView<ArrayBuffer>;
  if (!isPlain(buffer)) return new make(value);
  return value instanceof make && value.constructor === make ? value : new make(buffer, byteOffset, length);
}
