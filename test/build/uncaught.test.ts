/** What a newcomer sees of an error that nobody caught, from the package as it is built. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as errors from '../../src/errors.ts';
import { library } from './tools.ts';

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gradshader-uncaught-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await build({ ...library, outdir: folder, logLevel: 'silent' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function uncaught(code: string): string {
  const script = join(folder, 'user.js');
  writeFileSync(script, `import * as gs from './index.js';\n${code}\n`);
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  expect(status).toBe(1);
  return stderr;
}

const GPU = "{ requestAdapter: async () => ({ info: { vendor: 'acme' }, limits: {}, features: new Set(), requestDevice: async () => { throw new Error('busy'); } }) }";

test.each([
  ['InputError', 'gs.dataset({ inputs: new Float32Array(4), targets: [0, 1], shape: [3] });'],
  ['InputError', "gs.sequential([2, 3], [gs.dense('x')]);"],
  ['InputError', 'gs.sgd({ learningRate: NaN });'],
  ['BadFileError', "await gs.loadIdx({ images: 'no-such-file', labels: 'nor-this' });"],
  ['BadFileError', "gs.readParameters(new Uint8Array(100), 'weights.safetensors');"],
  ['NoDeviceError', `await gs.openDevice({ gpu: ${GPU} });`],
])('%s out of the library: its name, its message and a few lines of code', (name, code) => {
  const text = uncaught(code);
  expect(text.length, text).toBeLessThan(2000);
  expect(text).toMatch(new RegExp(`^(Uncaught )?${name}: `, 'm'));
});

const MAKE: Readonly<Record<string, readonly unknown[]>> = {
  GradshaderError: ['closed', 'what happened'], InputError: ['what happened'], BadFileError: ['file', 'what happened'],
  NoDeviceError: ['what happened', 'do this'], ShaderError: ['kernel', 'what happened'], OutOfMemoryError: ['what happened', 8],
  DeviceLostError: ['what happened'], NonFiniteError: [3, 'layers.0.weight', 0, 'what happened'], WrongResultError: ['what happened', {}],
};

test('every public error is called by its name, minified or not', () => {
  expect(Object.keys(errors).sort()).toEqual(Object.keys(MAKE).sort());
  const made = Object.entries(MAKE).map(([name, parts]) => `new gs.${name}(...${JSON.stringify(parts)})`);
  const text = uncaught(`console.error(JSON.stringify([${made.join()}].map((e) => [e.name, e.constructor.name, e.stack.split(':')[0], String(e).split(':')[0], e instanceof Error])));\nprocess.exit(1);`);
  expect(JSON.parse(text)).toEqual(Object.keys(MAKE).map((name) => [name, name, name, name, true]));
  for (const one of made) expect(uncaught(`throw ${one};`)).toContain(one.slice('new gs.'.length, one.indexOf('(')));
});

test("a caller's own subclass has its own name", () => {
  class Own extends errors.InputError {}
  expect(new Own('x').name).toBe('Own');
  expect(String(new Own('x'))).toBe('Own: x');
});

test('no line of code is long: only texts, such as those of shaders, may be', () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.js') && name !== 'user.js')) {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n').filter((line) => /\bthrow\b|\bnew \w/.test(line));
    for (const line of lines) expect(line.length, `${file}: ${line.slice(0, 200)}`).toBeLessThan(1000);
  }
});
