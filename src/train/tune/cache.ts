/** Where choices of tiles are kept: a file in Node, the browser's Cache storage in pages and workers. */

import type { Device } from '../../device/index.ts';
import { sha256 } from '../../digest.ts';
import { encodeText } from '../../text.ts';
import { VERSION } from '../../version.ts';
import type { TuneCache, TuneRecord } from './option.ts';
import { textOfSubjects, type Subject } from './subjects.ts';

/** Limits that decide how drivers run a kernel, or whether at all. */
const LIMITS = [
  'maxBufferSize', 'maxStorageBufferBindingSize', 'maxComputeWorkgroupStorageSize', 'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX', 'maxComputeWorkgroupSizeY',
] as const;

const runtime = (): string => (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent ?? '';

/**
 * SHA-256 in hexadecimal of all that a choice depends on: library version, browser or runtime, adapter, limits and
 * features of the device, and the text of every candidate's dispatches, which holds network, batch, replicas,
 * optimizer and fusion. Learning rates and strengths are data and no part of it.
 */
export async function tuneKey({ gpu, adapter }: Device, subjects: readonly Subject[]): Promise<string> {
  const { vendor, architecture, device, description, state } = adapter;
  const limits = LIMITS.map((name) => gpu.limits[name]);
  const text = JSON.stringify([VERSION, runtime(), vendor, architecture, device, description, state, limits, [...gpu.features].sort(), textOfSubjects(subjects)]);
  return sha256(encodeText(text));
}

const FILE_FORMAT = 1;

/** The oldest go first. */
const MOST_RECORDS = 500;

/** `gradshader/tiles.json` in the user's folder for caches, where the software adapter is unpacked, too. Node only. */
export function cacheFile(env: Readonly<Record<string, string | undefined>> = process.env, platform: string = process.platform): string {
  const { homedir } = process.getBuiltinModule('node:os');
  const { join } = process.getBuiltinModule('node:path');
  const home = homedir();
  const folder = platform === 'win32'
    ? env['LOCALAPPDATA'] || join(home, 'AppData', 'Local')
    : env['XDG_CACHE_HOME'] || join(home, '.cache');
  return join(folder, 'gradshader', 'tiles.json');
}

/** A JSON file: { format, records: { key: record } }. One that is missing, broken or foreign counts as empty. */
export function fileCache(path = cacheFile()): TuneCache {
  const files = process.getBuiltinModule('node:fs/promises');
  const { dirname } = process.getBuiltinModule('node:path');
  const { randomUUID } = process.getBuiltinModule('node:crypto');
  const records = async (): Promise<Record<string, TuneRecord>> => {
    try {
      const found = JSON.parse(await files.readFile(path, 'utf8')) as { format?: number; records?: Record<string, TuneRecord> } | null;
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
      await files.mkdir(dirname(path), { recursive: true, mode: 0o700 });
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

/** The browser's Cache storage, which pages and workers both have. The address is a name: nothing is fetched from it. */
export function pageCache(storage: Pick<CacheStorage, 'open'> = caches): TuneCache {
  const address = (key: string): string => `https://gradshader.invalid/tiles/${key}`;
  const open = (): Promise<Cache> => storage.open('gradshader');
  return {
    place: "the browser's Cache storage, as gradshader",
    get: async (key) => (await (await open()).match(address(key)))?.json() as Promise<TuneRecord | undefined>,
    set: async (key, record) => (await open()).put(address(key), new Response(JSON.stringify(record))),
  };
}

/** This environment's own cache, if it has one. */
export function defaultCache(host: Device['host']): TuneCache | undefined {
  if (host === 'node') return fileCache();
  return 'caches' in globalThis ? pageCache() : undefined;
}
