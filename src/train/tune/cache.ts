/** Where choices of tiles are kept. */

import type { Device } from '../../device/index.ts';
import { fileStore, storeFile } from '../file-store.ts';
import { defaultStore, deviceKey, pageStore } from '../store.ts';
import type { TuneCache, TuneRecord } from './option.ts';
import { textOfSubjects, type Subject } from './subjects.ts';

const NAME = 'tiles';

/**
 * Of all that a choice depends on: the device, and the text of every candidate's dispatches, which holds network, batch,
 * replicas, optimizer and fusion. Learning rates and strengths are data and no part of it.
 */
export const tuneKey = (device: Device, subjects: readonly Subject[]): Promise<string> => deviceKey(device, textOfSubjects(subjects));

export const cacheFile = (env?: Readonly<Record<string, string | undefined>>, platform?: string): string => storeFile(NAME, env, platform);

export const fileCache = (path = cacheFile()): TuneCache => fileStore<TuneRecord>(path);

export const pageCache = (storage?: Pick<CacheStorage, 'open'>): TuneCache => pageStore<TuneRecord>(NAME, storage);

/** This environment's own cache, if it has one. */
export const defaultCache = (host: Device['host']): Promise<TuneCache | undefined> => defaultStore<TuneRecord>(host, NAME);
