/**
 * Local files in Node; loaded only there. The built-in modules are asked of `process`, not imported, because
 * web bundlers refuse `node:` imports even in code that a page never runs.
 */
import { BadFileError } from '../errors.ts';

/** All bytes of a file, by path or file: URL. @throws BadFileError if it cannot be read. */
export async function readLocal(source: string | URL): Promise<Uint8Array> {
  const { readFile } = process.getBuiltinModule('node:fs/promises');
  const { fileURLToPath } = process.getBuiltinModule('node:url');
  try {
    const bytes = await readFile(String(source).startsWith('file:') ? fileURLToPath(source) : source);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BadFileError(String(source), `could not be read (${why}). Check the path.`, { cause });
  }
}

/**
 * The folder of an installed npm package, looked for beside this library and then from the working directory.
 * @throws BadFileError naming the command that installs it.
 */
export function packageFolder(name: string): string {
  const { createRequire } = process.getBuiltinModule('node:module');
  const { dirname, join } = process.getBuiltinModule('node:path');
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return dirname(createRequire(from).resolve(`${name}/package.json`));
    } catch {
      continue;
    }
  }
  throw new BadFileError(name, `this npm package is not installed. Run: npm i ${name}`);
}
