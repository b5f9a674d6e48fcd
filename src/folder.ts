/** Folders, in Node. */

/**
 * Makes a folder, and those that it lies in, where they are not there: with `recursive` Node tries for ever where the file system
 * takes none, as /proc does.
 * @throws what Node's mkdir throws
 */
export function makeFolder(path: string, mode?: number): void {
  const { mkdirSync } = process.getBuiltinModule('node:fs'), { dirname } = process.getBuiltinModule('node:path');
  const isMissing = (): boolean => {
    try {
      mkdirSync(path, mode);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return true;
      if (code !== 'EEXIST') throw error;
    }
    return false;
  };
  if (!isMissing()) return;
  if (dirname(path) !== path) makeFolder(dirname(path), mode);
  if (isMissing()) mkdirSync(path, mode); // Throws.
}
