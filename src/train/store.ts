/** Where what was found out on this machine is kept: a file in Node, the browser's Cache storage in pages and workers. */

import type { Device } from '../device/index.ts';
import { sha256 } from '../digest.ts';
import { encodeText } from '../text.ts';
import { VERSION } from '../version.ts';

/** Records by key. */
export interface Store<Kept> {
  /** For people: where it lies. */
  readonly place?: string;
  get(key: string): Promise<Kept | undefined> | Kept | undefined;
  set(key: string, record: Kept): Promise<void> | void;
}

/** Limits that decide how drivers run a kernel, or whether at all. */
const LIMITS = [
  'maxBufferSize', 'maxStorageBufferBindingSize', 'maxComputeWorkgroupStorageSize', 'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX', 'maxComputeWorkgroupSizeY',
] as const;

const runtime = (): string => (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent ?? '';

/** SHA-256 in hexadecimal of library version, browser or runtime, adapter, limits and features of the device, and `more`. */
export async function deviceKey({ gpu, adapter }: Device, more: string): Promise<string> {
  const { vendor, architecture, device, description, state } = adapter;
  const limits = LIMITS.map((name) => gpu.limits[name]);
  const text = JSON.stringify([VERSION, runtime(), vendor, architecture, device, description, state, limits, [...gpu.features].sort(), more]);
  return sha256(encodeText(text));
}

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
      (await import('../folder.ts')).makeFolder(dirname(path), 0o700);
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
export function pageStore<Kept>(name: string, storage: Pick<CacheStorage, 'open'> = caches): Store<Kept> {
  const address = (key: string): string => `https://gradshader.invalid/${name}/${key}`;
  const open = (): Promise<Cache> => storage.open('gradshader');
  return {
    place: "the browser's Cache storage, as gradshader",
    get: async (key) => (await (await open()).match(address(key)))?.json() as Promise<Kept | undefined>,
    set: async (key, record) => (await open()).put(address(key), new Response(JSON.stringify(record))),
  };
}

/** This environment's own store, if it has one. */
export function defaultStore<Kept>(host: Device['host'], name: string): Store<Kept> | undefined {
  if (host === 'node') return fileStore(storeFile(name));
  return 'caches' in globalThis ? pageStore(name) : undefined;
}
