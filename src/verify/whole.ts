/** Bits of a device against its mirror's, which was led dispatch by dispatch: what only goes wrong when many run together. */

import type { Executor } from '../scheduler/executor.ts';
import type { Mirror } from './mirror.ts';

/** A buffer that holds something else, and where it first does. */
export interface Differs {
  readonly buffer: string;
  readonly element: number;
  readonly wanted: number;
  readonly got: number;
  readonly count: number;
}

const isNaNWord = (word: number): boolean => (word & 0x7fffffff) > 0x7f800000;

function differenceOf(buffer: string, got: Uint32Array, want: Uint32Array, isFloats: boolean): Differs | undefined {
  let count = 0, at = -1;
  for (let i = 0; i < got.length; i++) {
    if (got[i] === want[i] || (isFloats && isNaNWord(got[i]!) && isNaNWord(want[i]!))) continue;
    count++;
    if (at < 0) at = i;
  }
  if (count === 0) return undefined;
  const value = (words: Uint32Array): number => (isFloats ? new Float32Array(words.buffer, words.byteOffset, words.length)[at]! : words[at]!);
  return { buffer, element: at, wanted: value(want), got: value(got), count };
}

/** Part of a buffer as it was when it was looked at. */
export interface Made {
  readonly buffer: string;
  /** Where it begins. */
  readonly element: number;
  readonly words: Uint32Array;
}

/** Floats that were read one part after the other, against the same parts; fewer where fewer were read. */
export function differencesIn(read: Uint8Array<ArrayBuffer>, made: readonly Made[]): Differs[] {
  const found: Differs[] = [];
  let at = 0;
  for (const { buffer, element, words } of made) {
    const got = new Uint32Array(read.buffer, at, Math.min(words.length, (read.byteLength - at) / 4)), differs = differenceOf(buffer, got, words, true);
    if (differs !== undefined) found.push({ ...differs, element: element + differs.element });
    at += got.byteLength;
  }
  return found;
}

/** The buffers among these that differ, in their order. */
export async function differences(executor: Executor, mirror: Mirror, buffers: readonly string[]): Promise<Differs[]> {
  const found: Differs[] = [];
  for (const buffer of buffers) {
    const storage = mirror.of(buffer), { bytes } = storage;
    const got = new Uint32Array(await executor.read({ buffer, offset: 0, bytes }));
    const differs = differenceOf(buffer, got, new Uint32Array(storage.written.buffer), storage.category !== 'tables' && !['flags', 'skips', 'targets'].includes(buffer));
    if (differs !== undefined) found.push(differs);
  }
  return found;
}
