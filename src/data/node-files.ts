/**
 * Local files in Node; loaded only there. The built-in modules are asked of `process`, not imported, because
 * web bundlers refuse `node:` imports even in code that a page never runs.
 */
import { BadFileError } from '../errors.ts';
import { collect, type FileKind } from './collect.ts';

const PIECE_BYTES = 2 ** 20;

/** All bytes of a file, by path or file: URL; also of what has no end. @throws BadFileError if it cannot be read, or is another file */
export async function readLocal(source: string | URL, maxBytes: number, kind: FileKind): Promise<Uint8Array> {
  const { createReadStream } = process.getBuiltinModule('node:fs');
  const { fileURLToPath } = process.getBuiltinModule('node:url');
  const file = String(source);
  try {
    const path = file.startsWith('file:') ? fileURLToPath(source) : source;
    return await collect(createReadStream(path, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Uint8Array>, file, maxBytes, kind);
  } catch (cause) {
    if (cause instanceof BadFileError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BadFileError(file, `could not be read (${why}). Check the path.`, { cause });
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
