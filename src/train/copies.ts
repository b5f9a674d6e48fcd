/** Copies on the device that show whether they were made. */

import type { CopyRange, Executor, ReadRange } from '../scheduler/executor.ts';

/** A quiet NaN that nothing computes. */
const MARK = 0x7fc0face;

/** The first word of a range and its last. */
const endsOf = ({ buffer, offset, bytes }: ReadRange): ReadRange[] => [0, bytes - 4].map((at) => ({ buffer, offset: offset + at, bytes: 4 }));

const targetOf = ({ to, offset, target = offset, bytes }: CopyRange): ReadRange => ({ buffer: to, offset: target, bytes });

/** Copies ranges. A mark is written to both ends of where each goes: a copy that is never made leaves it. */
export function copyMarked(program: Executor, copies: readonly CopyRange[]): void {
  for (const { buffer, offset } of copies.map(targetOf).flatMap(endsOf)) program.write(buffer, Uint32Array.of(MARK), offset);
  program.copy(copies);
}

/** @throws GradshaderError 'unwritten' where one of the ranges holds a mark: what belongs there was never copied */
export async function checkCopied(program: Executor, ranges: readonly ReadRange[]): Promise<void> {
  const words = await program.readAll(ranges.flatMap(endsOf));
  const lost = words.findIndex((word) => new Uint32Array(word)[0] === MARK);
  if (lost >= 0) throw (await import('../scheduler/unwritten.ts')).neverCopied(ranges[lost >> 1]!);
}

/** Copies ranges that were copied to where they are now, and looks at either copy. @throws GradshaderError 'unwritten' */
export async function copyBack(program: Executor, copies: readonly CopyRange[]): Promise<void> {
  copyMarked(program, copies);
  await checkCopied(program, [...copies.map(({ from, offset, bytes }) => ({ buffer: from, offset, bytes })), ...copies.map(targetOf)]);
}
