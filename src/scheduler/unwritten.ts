/** What is said of results that a device never wrote. Loaded where it happens. */

import { GradshaderError } from '../errors.ts';
import { ROW_BINDING } from '../kernels/kernel.ts';
import type { ReadRange, Reads } from './executor.ts';
import type { Plan } from './plan.ts';
import { POISON } from './results.ts';

const ADVICE = 'Update the graphics driver, or compute on another adapter.';

/** Of a copy that never arrived. */
export const notCopied = ({ buffer, offset, bytes }: ReadRange): GradshaderError =>
  new GradshaderError('unwritten', `The GPU never copied all of bytes ${offset} to ${offset + bytes - 1} of ${buffer} to where they are read. ${ADVICE}`);

/** Of a copy from buffer to buffer. */
export const neverCopied = ({ buffer, offset, bytes }: ReadRange): GradshaderError =>
  new GradshaderError('unwritten', `The GPU never copied into bytes ${offset} to ${offset + bytes - 1} of ${buffer} what belongs there. ${ADVICE}`);

/** Of a NaN what arithmetic may change: its sign, and whether it is quiet. */
const CHANGING = 0x80400000;
const isLikeMark = (word: number): boolean => ((word ^ POISON) & ~CHANGING) === 0;

/** Classes and orders, tables, counts: no payload of a NaN comes of whole numbers. Inputs may be floats. */
const WORDS = /\.(labels|order)$|^(tables|flags|skips|targets)/;

/** Read at once. */
const PIECE = 2 ** 26;

/**
 * Whether marks in results may come from what a plan was given, data and weights of the caller's: on many a processor arithmetic
 * hands the payload of a NaN on. Such results are no numbers, and no word about the GPU.
 * @param sizeOf bytes of a buffer; undefined of those that are not ours
 */
export async function isGiven(plan: Plan, read: Reads, sizeOf: (buffer: string) => number | undefined, contentsOf: (range: ReadRange) => Promise<ArrayBuffer>): Promise<boolean> {
  const made = new Set([...Object.keys(plan.buffers), ...Object.values(read).flatMap((ranges) => ranges.map(({ buffer }) => buffer))]);
  const given = new Set(plan.dispatches.flatMap(({ bindings }) => bindings).filter(({ name, buffer }) => name !== ROW_BINDING.name && !made.has(buffer) && !WORDS.test(buffer)).map(({ buffer }) => buffer));
  for (const buffer of given) {
    const size = sizeOf(buffer) ?? 0;
    for (let offset = 0; offset < size; offset += PIECE) {
      const words = new Uint32Array(await contentsOf({ buffer, offset, bytes: Math.min(PIECE, size - offset) }));
      if (words.some(isLikeMark)) return true;
    }
  }
  return false;
}

/** @param at byte of what was read, range after range, that is still marked; undefined where the whole submit did not run */
export function unwritten({ name, dispatches }: Plan, read: Reads, at: number | undefined): GradshaderError {
  if (at === undefined) {
    return new GradshaderError('unwritten', `The GPU did not run what was submitted (${name}): none of its results arrived. ${ADVICE}`);
  }
  let end = 0;
  const found = Object.entries(read).flatMap(([result, ranges]) => ranges.map(({ buffer, offset, bytes }) => {
    const start = end;
    end += bytes;
    return { result, buffer, start, end, offset };
  })).find((range) => at < range.end)!;
  const writer = dispatches.findLast(({ bindings }) => bindings.some(({ access, buffer }) => access === 'read-write' && buffer === found.buffer));
  const kernel = writer === undefined ? '' : ` by kernel ${writer.kernel} (${writer.label})`;
  return new GradshaderError('unwritten',
    `The GPU never wrote a part of the ${found.result} of ${name}${kernel}: ` +
      `byte ${found.offset + at - found.start} of ${found.buffer} is as it was marked before the run. ${ADVICE}`);
}
