/** How the command line writes: whole files, into a run folder of their own. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../errors.ts';
import { makeFolder } from '../folder.ts';

/**
 * Writes a file so that under its name there is never half of one: a temporary file beside it, flushed to the
 * disk, then renamed over it. Whatever fails, the old file stays as it was and the temporary one goes.
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes the rename last through a power cut. Windows cannot open a folder, and needs no such thing. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const ADVICE = 'Choose another with --out, or go on from it with --resume.';

/**
 * Makes the folder of a run and gives its absolute path: `out`, or a new `runs/<UTC date and time>`.
 * A folder that already holds something is taken only with `resume`, so that no run overwrites another.
 * @param options.advice what to do about such a folder
 * @throws InputError when `out` is a file, cannot be made, or holds something and `resume` is not set.
 */
export async function runFolder(
  out?: string, { resume = false, now = new Date(), advice = ADVICE }: { resume?: boolean; now?: Date; advice?: string } = {},
): Promise<string> {
  if (out === undefined) return newRunFolder(now);
  const path = resolve(out);
  try {
    makeFolder(path);
    const held = await readdir(path);
    if (held.length === 0 || resume) return path;
    throw new InputError(`The run folder ${out} must be empty, it holds ${held.slice(0, 3).join(', ')}`
      + `${held.length > 3 ? ` and ${held.length - 3} more` : ''}. ${advice}`);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`The run folder ${out} cannot be used: ${(error as Error).message}. Choose another with --out.`,
      { cause: error });
  }
}

async function newRunFolder(now: Date): Promise<string> {
  // No colons: Windows forbids them in names.
  const path = resolve('runs', now.toISOString().slice(0, 19).replaceAll(':', '-'));
  makeFolder(dirname(path));
  for (let copy = 1; ; copy++) {
    const candidate = copy === 1 ? path : `${path}-${copy}`;
    try {
      await mkdir(candidate); // not recursive: it fails if another run took the name in this second
      return candidate;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new InputError(`The run folder ${candidate} cannot be made: ${(error as Error).message}. Choose one with --out.`,
          { cause: error });
      }
    }
  }
}
