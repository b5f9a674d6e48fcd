/** What can go wrong with a hostile file that no check of ours has a word for. */

import { BadFileError, GradshaderError } from '../errors.ts';

/** Nesting without end overflows the stack, sizes without end the memory: of whatever type, the fault is the file's. */
export function ofFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof GradshaderError) throw cause;
    throw new BadFileError(file, `it cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
  }
}
