/** The globals of the web that the library uses may each be missing, as in test environments that imitate a page (jsdom). */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { filesUnder, withoutComments } from '../architecture/files.ts';
import { images, labels } from '../data/helpers.ts';
import { bundle } from './bundle.ts';

const folder = mkdtempSync(join('node_modules', '.globals-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * What the library names, and what else jsdom lacks. Not EventTarget, which Dawn itself needs and jsdom has; and setImmediate,
 * which Dawn takes from the process, is hidden from the library alone, as it is from the tests that Jest runs.
 */
const MISSING = [
  'AbortSignal', 'Blob', 'Buffer', 'CompressionStream', 'DecompressionStream', 'MessageChannel', 'ReadableStream', 'Response', 'TextDecoder',
  'TextEncoder', 'URL', 'clearImmediate', 'crypto', 'navigator', 'performance', 'queueMicrotask', 'structuredClone',
];
/** Every host has these, or there is no reaching it. */
const EVERYWHERE = ['AbortController', 'clearTimeout', 'globalThis', 'process', 'setTimeout'];
/** Names of types alone. */
const TYPES = ['Crypto', 'ReadableStreamDefaultReader'];

test('all missing at once: all main paths work; without fetch, fetching is a typed error', async () => {
  const path = (name: string): string => resolve(folder, name);
  writeFileSync(path('entry.mjs'), await bundle('test/hosts/globals-entry.ts', { external: ['node:*'], define: { setImmediate: 'undefined' } }));
  writeFileSync(path('images.gz'), gzipSync(images));
  writeFileSync(path('labels'), labels);
  const { stdout, stderr } = spawnSync(process.execPath, [path('entry.mjs'), path('images.gz'), path('labels'), MISSING.join(), [...MISSING, 'fetch'].join()], { encoding: 'utf8' });
  const told = stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, string>);
  const works = Object.fromEntries(['loadIdx', 'fit', 'predict', 'hash', 'save', 'load', 'readParameters'].map((name) => [name, 'ok']));
  expect(told, stderr).toEqual([
    works,
    { ...works, fetched: expect.stringMatching(/^BadFileError: data:.* this environment has no fetch. Load a polyfill of it first/) as string },
  ]);
});

test('these are all the globals of the web that the library names', () => {
  const names = (code: string): string[] => runInNewContext(code) as string[];
  const language = names('Object.getOwnPropertyNames(globalThis)');
  const web = Object.getOwnPropertyNames(globalThis).filter((name) => !language.includes(name) && !/^(describe|test|it|expect|vi|__)/.test(name));
  const rooms = /^src\/(train|optim|compile|model|webgpu|scheduler|kernels|data|device|files|ops|[\w-]+\.ts)/;
  const code = filesUnder('src', '.ts').filter(({ path }) => rooms.test(path)).map(({ text }) => withoutComments(text).replaceAll(/'[^'\n]*'|"[^"\n]*"/g, "''")).join('\n');
  const used = web.filter((name) => new RegExp(`(?<![.\\w$#])${name}\\b(?!\\??:)`).test(code));
  expect(used.filter((name) => ![...MISSING, ...EVERYWHERE, ...TYPES, 'fetch', 'setImmediate'].includes(name))).toEqual([]);
  expect(used).toContain('fetch');
});
