/** What is said of results that a device never wrote. Loaded where it happens. */

import { GradshaderError } from '../errors.ts';
import type { ReadRange, Reads } from './executor.ts';
import type { Plan } from './plan.ts';

const ADVICE = 'Update the graphics driver, or compute on another adapter.';

/** Of a copy that never arrived. */
export const notCopied = ({ buffer, offset, bytes }: ReadRange): GradshaderError =>
  new GradshaderError('unwritten', `The GPU never copied all of bytes ${offset} to ${offset + bytes - 1} of ${buffer} to where they are read. ${ADVICE}`);

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
