/** What is loaded before a page's first step is done, seen where it runs; `size.test.ts` counts its bytes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NOT_BEFORE_THE_FIRST_STEP } from './later.ts';

/** Every source says when it is loaded. */
const saysWhenLoaded: Plugin = {
  name: 'says-when-loaded',
  setup(bundler) {
    bundler.onLoad({ filter: /[/\\]src[/\\].*\.ts$/ }, ({ path }) => {
      const source = JSON.stringify(relative('.', path).replaceAll('\\', '/'));
      return { contents: `${readFileSync(path, 'utf8')}\n;((globalThis as any).loadedSources ??= []).push(${source});\n`, loader: 'ts' };
    });
  },
};

const folder = mkdtempSync(join('node_modules', '.loaded-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(async () => {
  await build({
    entryPoints: ['test/build/loaded-entry.ts'], outdir: folder, outExtension: { '.js': '.mjs' }, bundle: true, splitting: true, format: 'esm', platform: 'browser',
    target: 'es2022', external: ['node:*'], loader: { '.wgsl': 'text' }, plugins: [saysWhenLoaded], logLevel: 'silent',
  });
});

interface Trained { readonly name: string; readonly loaded: readonly string[]; readonly loss: number }

/** Trains by each of these configurations, one after the other, in a process of its own. */
function train(...names: readonly string[]): Trained[] {
  const { stdout, stderr } = spawnSync(process.execPath, [resolve(folder, 'loaded-entry.mjs'), ...names], {
    encoding: 'utf8', env: { ...process.env, XDG_CACHE_HOME: resolve(folder, 'cache'), LOCALAPPDATA: resolve(folder, 'cache') },
  });
  expect(stdout, stderr).toMatch(/^\[/);
  return JSON.parse(stdout) as Trained[];
}

/** Only here: there is no page, the adapter is software, and has tiles that it compiles quickly. */
const HERE = ['src/device/node.ts', 'src/device/advice.ts', 'src/train/file-store.ts', 'src/compile/given-tiles.ts'];

test('a page that trains a chain of layers, all fused, loads nothing by import() before its first step is done but what counts', () => {
  const [first] = train('page');
  expect(first!.loaded).toContain('src/train/verify/verify.ts'); // The network was not looked at before.
  const [page] = train('page');
  expect(page!.loaded).toEqual(expect.arrayContaining(HERE));
  expect(page!.loaded.filter((source) => NOT_BEFORE_THE_FIRST_STEP.includes(source) && !HERE.includes(source))).toEqual([]);
  expect(page!.loss).toBe(first!.loss);
});

test('what a configuration needs beyond that is loaded with it', () => {
  const found = train('page', 'layer', 'none', 'accumulate', 'norms', 'units', 'orthogonal', 'map', 'named');
  const parts = found.map(({ loaded }) => loaded.filter((source) => NOT_BEFORE_THE_FIRST_STEP.includes(source) && /compile|model/.test(source)).map((source) => basename(source, '.ts')));
  expect(parts.slice(1)).toEqual([['lower-layer-update'], ['lower-gradients'], [], [], ['lower-units'], ['lower-penalty'], ['lower-map'], ['all']]);
  expect(found.filter(({ loss }) => !(loss > 0))).toEqual([]);
});
