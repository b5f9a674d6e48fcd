/** Where choices are kept, and what they are kept under. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { version } from '../../package.json';
import { knowEverything } from '../../src/compile/all.ts';
import type { Device } from '../../src/device/index.ts';
import { dense, relu } from '../../src/model/layers/index.ts';
import { sequential } from '../../src/model/model.ts';
import { adam, sgd } from '../../src/model/optimizers/index.ts';
import { prepare } from '../../src/train/prepare.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { cacheFile, fileCache, pageCache, tuneKey } from '../../src/train/tune/cache.ts';
import type { TuneRecord } from '../../src/train/tune/option.ts';
import { subjectsOf } from '../../src/train/tune/subjects.ts';
import { needsOf } from '../../src/train/tune/tune.ts';
import { VERSION } from '../../src/version.ts';
import { QUICK_TILES, smallConfig } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

knowEverything(); // Plans are asked for without a trainer.

const record = (about: string): TuneRecord => ({ about, tiles: { forward: QUICK_TILES, inputGradient: QUICK_TILES, weightGradient: QUICK_TILES } });

describe('the file', () => {
  let folder: string, file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradshader-'));
    file = join(folder, 'deep', 'tiles.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('gives back what was kept, by key, and leaves no other file', async () => {
    const cache = fileCache(file);
    expect(await cache.get('a')).toBeUndefined();
    await cache.set('a', record('one'));
    await cache.set('b', record('two'));
    await cache.set('a', record('three'));
    expect(await fileCache(file).get('a')).toEqual(record('three'));
    expect(await fileCache(file).get('b')).toEqual(record('two'));
    expect(readdirSync(join(folder, 'deep'))).toEqual(['tiles.json']);
    expect(cache.place).toBe(file);
  });

  test.each([['no JSON', '{"format": 1, "rec'], ['another format', '{"format": 99, "records": {"a": 1}}'], ['foreign', '[1, 2]'], ['null', 'null'], ['no records', '{"format": 1}']])(
    'is begun anew where it is broken: %s', async (_, text) => {
      await fileCache(file).set('z', record('z'));
      writeFileSync(file, text);
      expect(await fileCache(file).get('a')).toBeUndefined();
      await fileCache(file).set('a', record('one'));
      expect(await fileCache(file).get('a')).toEqual(record('one'));
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ format: 1, records: { a: record('one') } });
    });

  test('does not grow without end: the oldest go', async () => {
    const records = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, record(`${i}`)]));
    await fileCache(file).set('k0', record('0'));
    writeFileSync(file, JSON.stringify({ format: 1, records }));
    await fileCache(file).set('new', record('new'));
    expect(await fileCache(file).get('k0')).toBeUndefined();
    expect(await fileCache(file).get('k1')).toEqual(record('1'));
    expect(await fileCache(file).get('new')).toEqual(record('new'));
  });

  test('lies where the system keeps caches', () => {
    expect(cacheFile({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe(join('/x', 'gradshader', 'tiles.json'));
    expect(cacheFile({}, 'linux')).toBe(join(homedir(), '.cache', 'gradshader', 'tiles.json'));
    expect(cacheFile({}, 'darwin')).toBe(cacheFile({}, 'linux'));
    expect(cacheFile({ LOCALAPPDATA: '/l' }, 'win32')).toBe(join('/l', 'gradshader', 'tiles.json'));
  });
});

test('the Cache storage of a page: by key, as JSON', async () => {
  const kept = new Map<string, Response>();
  const store = { match: async (url: string) => kept.get(url)?.clone(), put: async (url: string, response: Response) => void kept.set(url, response) };
  const opened: string[] = [];
  const cache = pageCache({ open: async (name) => { opened.push(name); return store as unknown as Cache; } });
  expect(await cache.get('a')).toBeUndefined();
  await cache.set('a', record('one'));
  expect(await cache.get('a')).toEqual(record('one'));
  expect(await cache.get('b')).toBeUndefined();
  expect(new Set(opened)).toEqual(new Set(['gradshader']));
  expect([...kept.keys()]).toEqual(['https://gradshader.invalid/tiles/a']);
});

test('the version is the package\'s', () => expect(VERSION).toBe(version));

describe('the key', () => {
  const device = useDevice();
  const model = sequential([13], [dense(24), relu(), dense(5)]);
  const keyOf = (changes: Partial<TrainerConfig> = {}, on: Device = device()): Promise<string> =>
    tuneKey(on, subjectsOf(prepare(smallConfig({ model, ...changes }), 'software').build, needsOf(on)));
  const changed = (adapter: Partial<Device['adapter']>, gpu: object = {}): Device => {
    const { gpu: own, adapter: described } = device();
    return { gpu: { limits: own.limits, features: own.features, ...gpu }, adapter: { ...described, ...adapter } } as unknown as Device;
  };

  test('is the same for the same, whatever the hyperparameters and the length of a submit', async () => {
    const key = await keyOf();
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    for (const same of [{}, { seed: 9 }, { maxStepsPerSubmit: 5 }, { targetSubmitMilliseconds: 7 }]) expect(await keyOf(same)).toBe(key);
    expect(await keyOf({ optimizer: sgd({ learningRate: 0.3 }) })).toBe(await keyOf({ optimizer: sgd({ learningRate: 0.1 }) }));
  });

  test('differs by network, batch, replicas, fusion and optimizer', async () => {
    const keys = await Promise.all([
      keyOf(), keyOf({ batchSize: 12 }), keyOf({ replicas: [{}, {}] }), keyOf({ fusion: 'none' }), keyOf({ fusion: 'full' }),
      keyOf({ optimizer: adam({ learningRate: 0.1 }) }), keyOf({ model: sequential([13], [dense(28), relu(), dense(5)]) }),
    ]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('differs by adapter, limits and features', async () => {
    const { gpu } = device();
    const limits = new Proxy(gpu.limits, { get: (own, name) => (name === 'maxBufferSize' ? 12_345 : own[name as keyof GPUSupportedLimits]) });
    const keys = await Promise.all([
      keyOf(), keyOf({}, changed({ vendor: 'other' })), keyOf({}, changed({ architecture: 'other' })), keyOf({}, changed({ device: 'other' })),
      keyOf({}, changed({ description: 'other' })), keyOf({}, changed({}, { limits })), keyOf({}, changed({}, { features: new Set([...gpu.features, 'shader-f16']) })),
    ]);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
