/** What tells results from what a buffer held before: marks that a device copies, and no kernel makes of numbers. */

import type { BufferSpec } from './buffers.ts';
import { IN_FLIGHT, type ReadRange } from './executor.ts';

/**
 * A quiet NaN whose payload no arithmetic on numbers makes. Bytes of the caller's may be the same, and where they are taken for floats
 * arithmetic may hand the payload on: a mark that is found is looked at again before the device is accused.
 */
export const POISON = 0x7fc0dead;

/** Words of it in the buffer, copied as often as a range takes. */
const POISON_WORDS = 4096;
export const POISON_BYTES = 4 * POISON_WORDS;

/** Behind them numbers of submits. The word of its own, read back, says that a submit ran at all. */
export const ECHOES = 64;
export const ECHO_BYTES = 4;

/** What results come back through, in turns, and where marks are copied from. */
export const resultBuffers = (readBytes: number): BufferSpec[] => [
  ...Array.from({ length: readBytes > 0 ? IN_FLIGHT : 0 }, (_, i): BufferSpec => ({
    name: `staging.${i}`, bytes: readBytes + ECHO_BYTES, category: 'staging',
  })),
  {
    name: 'poison', bytes: POISON_BYTES + ECHO_BYTES * ECHOES, category: 'tables',
    contents: Uint32Array.from({ length: POISON_WORDS + ECHOES }, (_, i) => (i < POISON_WORDS ? POISON : i - POISON_WORDS)),
  },
];

/** A range in pieces that the poison has bytes for. */
export function* poisonPieces({ offset, bytes }: Pick<ReadRange, 'offset' | 'bytes'>): Generator<readonly [offset: number, bytes: number]> {
  for (let at = 0; at < bytes; at += POISON_BYTES) yield [offset + at, Math.min(POISON_BYTES, bytes - at)];
}
