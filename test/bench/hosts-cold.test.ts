/** The cold start's machinery on pages that only pretend to train: what is timed and what is counted. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'puppeteer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FLAGSHIP, FLAGSHIP_BATCH, FLAGSHIP_DROPOUT, FLAGSHIP_RATES } from '../../src/bench/flagship.ts';
import type { Omission, Result } from '../../src/bench/types.ts';
import { BATCH, DROPOUT, L2, LEARNING_RATE, MOMENTUM, samples, SIZES } from '../../src/cli/bench/cold/data.ts';
import { runCold } from '../../src/cli/bench/cold/run.ts';
import { coldSuite } from '../../src/cli/bench/cold/suite.ts';
import { launchBrowser } from '../../src/cli/browser.ts';

const PAGE = { chunk: 'export const wait = 60;', unused: 'export const never = 1;' };
const PAGES: Readonly<Record<string, string>> = {
  gradshader: `import { coldStart } from './start.js';
    import { wait } from './chunk.js';
    coldStart(async (stage) => { await new Promise((done) => setTimeout(done, wait)); stage('waited'); return 2.5; });`,
  'jax-js': `import { coldStart } from './start.js';
    coldStart(async (stage) => { stage('threw'); throw new Error('no such backend'); });`,
};

let root: string;
let relaunch: () => Promise<Browser>;
const profiles: string[] = [];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gradshader-cold-'));
  const { build } = await import('esbuild');
  const start = await build({ entryPoints: ['src/cli/bench/cold/data.ts'], bundle: true, format: 'esm', write: false });
  for (const [name, text] of Object.entries(PAGES)) {
    mkdirSync(join(root, name));
    const files = { 'page.js': text, 'start.js': start.outputFiles[0]!.text, 'chunk.js': PAGE.chunk, 'unused.js': PAGE.unused };
    for (const [file, contents] of Object.entries(files)) writeFileSync(join(root, name, file), contents);
  }
  const launched = await launchBrowser({ software: 'only' });
  await launched.browser.close();
  relaunch = async () => {
    const browser = await launched.relaunch();
    profiles.push(browser.process()!.spawnargs.find((argument) => argument.startsWith('--user-data-dir='))!);
    return browser;
  };
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('the pages train what the other suites train', () => {
  expect([SIZES, [DROPOUT.input, DROPOUT.hidden, DROPOUT.hidden], BATCH]).toEqual([FLAGSHIP, FLAGSHIP_DROPOUT, FLAGSHIP_BATCH]);
  expect({ learningRate: LEARNING_RATE, momentum: MOMENTUM, l2: L2 }).toEqual(FLAGSHIP_RATES);
});

test('a library that fails is left out with its own words; the others are measured, each time in a new profile', async () => {
  const results: Result[] = [], omissions: Omission[] = [];
  await coldSuite({
    folder: root, repetitions: 2, libraries: ['gradshader', 'jax-js'], launch: relaunch, signal: new AbortController().signal,
    emit: (result) => results.push(result), omit: (omission) => omissions.push(omission), progress: () => {},
  });
  expect(omissions).toEqual([{ suite: 'cold', key: 'cold/jax-js', reason: expect.stringContaining('no such backend') as string }]);
  expect(results.map(({ key }) => key)).toEqual(['cold/gradshader', 'cold/bytes/gradshader']);
  const [time, bytes] = results;
  expect(time!.samples).toHaveLength(2);
  for (const sample of time!.samples) expect(sample).toBeGreaterThanOrEqual(59); // setTimeout may round down by one.
  expect(time!.derived['waited, ms']).toBeGreaterThanOrEqual(59);
  expect(new Set(profiles).size).toBe(profiles.length);
  // The page, its scripts, and nothing it did not load.
  const loaded = ['page.js', 'start.js', 'chunk.js'].length + 1;
  expect(bytes!.derived['uncompressed, bytes']).toBeGreaterThan(PAGES['gradshader']!.length + PAGE.chunk.length);
  expect(bytes!.samples[0]).toBeGreaterThan(loaded * gzipSync('').length);
});

test('all bytes loaded are counted, once', async () => {
  const { bytes: before } = await runCold(join(root, 'gradshader'), relaunch, new AbortController().signal);
  const more = '// '.padEnd(5000, 'x');
  writeFileSync(join(root, 'gradshader', 'chunk.js'), PAGE.chunk + more);
  const { bytes: after, report } = await runCold(join(root, 'gradshader'), relaunch, new AbortController().signal);
  expect(after - before).toBe(more.length);
  expect(report).toMatchObject({ loss: 2.5, stages: [['HTML and script', expect.any(Number)], ['waited', expect.any(Number)]] });
});

test('an abort ends it with the reason of the signal', async () => {
  const stop = new AbortController();
  const launch = async (): Promise<Browser> => {
    setTimeout(() => stop.abort(new Error('enough')), 100);
    return relaunch();
  };
  await expect(runCold(join(root, 'gradshader'), launch, stop.signal)).rejects.toThrow('enough');
});

test('the data are bytes of all sizes and labels of all classes', () => {
  const { images, labels } = samples();
  expect(images.length).toBe(labels.length * SIZES[0]);
  expect(new Set(images).size).toBe(256);
  expect([...new Set(labels)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
