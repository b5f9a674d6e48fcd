/** Where what was found out on this machine is kept: a file in Node, the browser's Cache storage in pages and workers. */

import type { Device } from '../device/index.ts';
import { sha256 } from '../digest.ts';
import { encodeText } from '../text.ts';
import { VERSION } from '../version.ts';
import type { Store } from './store-type.ts';

export type { Store } from './store-type.ts';

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
export async function defaultStore<Kept>(host: Device['host'], name: string): Promise<Store<Kept> | undefined> {
  if (host === 'node') {
    const { fileStore, storeFile } = await import('./file-store.ts');
    return fileStore(storeFile(name));
  }
  return 'caches' in globalThis ? pageStore(name) : undefined;
}
