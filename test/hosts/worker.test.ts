/** The packed driver in threads and copies of the environment: found, or the advice that finds it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from './bundle.ts';

interface Told {
  readonly found?: string;
  readonly error?: string;
}

// The tests' own processes are given the driver; here nothing is given.
const bare = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^VK_|^XDG_CONFIG|^XDG_DATA/.test(name)));
const env = { ...bare, XDG_DATA_DIRS: '/nowhere', XDG_CONFIG_DIRS: '/nowhere' };

let folder = '', script = '';
beforeAll(async () => {
  folder = mkdtempSync(join('node_modules', '.worker-test-'));
  script = join(folder, 'entry.mjs');
  writeFileSync(script, await bundle('test/hosts/worker-entry.ts'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = (code: string): Told => {
  const main = join(folder, 'main.mjs');
  writeFileSync(main, code);
  return JSON.parse(spawnSync(process.execPath, [main], { encoding: 'utf8', env }).stdout.split('\n').find((line) => line.startsWith('{'))!) as Told;
};
const inWorker = (options: string): Told => program(
  `import { SHARE_ENV, Worker } from 'node:worker_threads';
   new Worker(new URL('./entry.mjs', import.meta.url), ${options});`,
);

test('a worker thread with an environment of its own is told what is the case, not to install what is installed', () => {
  const { error, found } = inWorker('{}');
  if (found !== undefined) return expect(found).toMatch(/./); // A driver of the machine's own.
  expect(error).toMatch(/^NoDeviceError: The software driver of @sparticuz\/chromium is installed, but this worker thread has a copy/);
  expect(error).not.toMatch(/npm i/);
  expect(error).toContain('{ env: SHARE_ENV }');
});

test('its advice: the environment shared, the main thread, a process of its own', () => {
  expect(inWorker('{ env: SHARE_ENV }').found).toMatch(/./);
  expect(program("import './entry.mjs';").found).toMatch(/./);
  expect(program("import { spawnSync } from 'node:child_process'; process.stdout.write(spawnSync(process.execPath, [new URL('./entry.mjs', import.meta.url).pathname]).stdout);").found).toMatch(/./);
});

test('a copy of `process`, as Jest gives to tests, is no hindrance', () => {
  const copied = program(
    `globalThis.process = Object.assign(Object.create(Object.getPrototypeOf(process)), process, { env: { ...process.env }, getBuiltinModule: process.getBuiltinModule });
     await import('./entry.mjs');`,
  );
  expect(copied.found).toMatch(/./);
});
