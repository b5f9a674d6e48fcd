/** A store in a file, in Node. */

import { makeFolder } from '../folder.ts';
import type { Store } from './store-type.ts';

const FILE_FORMAT = 1;

/** The oldest go first. */
const MOST_RECORDS = 500;

/** `gradshader/NAME.json` in the user's folder for caches, where the software adapter is unpacked, too. Node only. */
export function storeFile(name: string, env: Readonly<Record<string, string | undefined>> = process.env, platform: string = process.platform): string {
  const { homedir } = process.getBuiltinModule('node:os');
  const { join } = process.getBuiltinModule('node:path');
  const home = homedir();
  const folder = platform === 'win32'
    ? env['LOCALAPPDATA'] || join(home, 'AppData', 'Local')
    : env['XDG_CACHE_HOME'] || join(home, '.cache');
  return join(folder, 'gradshader', `${name}.json`);
}

/** A JSON file: { format, records: { key: record } }. One that is missing, broken or foreign counts as empty. */
export function fileStore<Kept>(path: string): Store<Kept> {
  const files = process.getBuiltinModule('node:fs/promises');
  const { dirname } = process.getBuiltinModule('node:path');
  const { randomUUID } = process.getBuiltinModule('node:crypto');
  const records = async (): Promise<Record<string, Kept>> => {
    try {
      const found = JSON.parse(await files.readFile(path, 'utf8')) as { format?: number; records?: Record<string, Kept> } | null;
      return found?.format === FILE_FORMAT && typeof found.records === 'object' ? { ...found.records } : {};
    } catch {
      return {};
    }
  };
  return {
    place: path,
    get: async (key) => (await records())[key],
    set: async (key, record) => {
      const { [key]: _old, ...others } = await records();
      const kept = Object.fromEntries([...Object.entries(others), [key, record] as const].slice(-MOST_RECORDS));
      makeFolder(dirname(path), 0o700);
      // Whole or not at all: others may be reading or writing.
      const temporary = `${path}.${randomUUID()}.tmp`;
      try {
        await files.writeFile(temporary, `${JSON.stringify({ format: FILE_FORMAT, records: kept }, null, 1)}\n`);
        await files.rename(temporary, path);
      } catch (error) {
        await files.rm(temporary, { force: true });
        throw error;
      }
    },
  };
}
