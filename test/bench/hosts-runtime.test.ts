/** Finding Deno and talking to it, with a stand-in program: Deno itself need not be installed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findDeno, runChild, type Line } from '../../src/cli/bench/runtime.ts';
import { Device, probe } from '../../src/device/index.ts';
import { describeAdapter } from '../../src/device/adapter.ts';
import { stubAdapter, stubGpu } from '../device/stub.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradshader-runtime-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program in a file of its own. */
function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

describe('findDeno', () => {
  test('takes the path that was given, then DENO, then the first on PATH', () => {
    const program = process.platform === 'win32' ? 'deno.exe' : 'deno';
    const path = write(program, '');
    expect(findDeno(path, { DENO: '/elsewhere', PATH: '' })).toBe(path);
    expect(findDeno(undefined, { DENO: path, PATH: '' })).toBe(path);
    expect(findDeno(undefined, { PATH: [join(folder, 'none'), folder].join(process.platform === 'win32' ? ';' : ':') })).toBe(path);
  });

  test.each([
    ['nowhere on PATH', undefined, { PATH: '/no/such/folder' }, 'Deno was not found'],
    ['a path that is not there', '/no/such/deno', { PATH: '' }, 'There is no Deno at /no/such/deno'],
    ['a variable that names none', undefined, { DENO: '/no/such/deno' }, 'There is no Deno at /no/such/deno'],
  ])('%s is refused, and says how to install it', (_, given, environment, words) => {
    const find = (): string => findDeno(given, environment);
    expect(find).toThrow(words);
    expect(find).toThrow(/deno\.com/);
    expect(find).toThrow(expect.objectContaining({ code: 'no-device' }));
  });
});

describe('runChild', () => {
  const run = async (text: string, signal = new AbortController().signal, onLine = (_: Line): void => {}): Promise<Line[]> => {
    const lines: Line[] = [];
    const tell = (line: Line): void => {
      lines.push(line);
      onLine(line);
    };
    await runChild({ program: process.execPath, args: [write('child.mjs', text)], tell, signal });
    return lines;
  };

  test('hands on its lines in order, and nothing that a library printed between them', async () => {
    const lines = await run("console.log('hello'); console.log(JSON.stringify({ name: 'result', value: 1 })); console.log('[1]\\n{}'); console.log('{\"name\":\"ending\",\"value\":{\"a\":2}}');");
    expect(lines).toEqual([{ name: 'result', value: 1 }, { name: 'ending', value: { a: 2 } }]);
  });

  test('gives every line of a long answer', async () => {
    const lines = await run("for (let i = 0; i < 5000; i++) console.log(JSON.stringify({ name: 'n', value: 'x'.repeat(100) + i }));");
    expect(lines.map(({ value }) => Number((value as string).slice(100)))).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  });

  test('its failure comes with its last words', async () => {
    await expect(run("console.error('no adapter here'); process.exit(3);")).rejects.toMatchObject({
      code: 'runtime', message: expect.stringMatching(/ended with 3\. It said:\nno adapter here$/) as string,
    });
  });

  test('a program that cannot be started is an error of its own', async () => {
    const missing = runChild({ program: '/no/such/program', args: [], tell: () => {}, signal: new AbortController().signal });
    await expect(missing).rejects.toMatchObject({ code: 'runtime', message: expect.stringContaining('did not start') as string });
  });

  test('an abort ends its stdin, and what it then says still arrives', async () => {
    const stop = new AbortController();
    const text = "process.stdin.on('end', () => { console.log('{\"name\":\"ending\",\"value\":0}'); }).resume(); console.log('{\"name\":\"progress\",\"value\":0}');";
    const lines = await run(text, stop.signal, ({ name }) => name === 'progress' && stop.abort());
    expect(lines.map(({ name }) => name)).toEqual(['progress', 'ending']);
  });
});

describe('in Deno, which has process and a GPU of its own', () => {
  test('navigator.gpu is used, not Dawn, and pipelines are compiled aside', async () => {
    vi.stubGlobal('Deno', {});
    vi.stubGlobal('navigator', { gpu: stubGpu(stubAdapter({ description: 'llvmpipe' })) });
    try {
      expect(await probe()).toMatchObject({ state: 'software', adapter: { description: 'llvmpipe' } });
      const gpu = { lost: new Promise(() => {}), limits: {}, features: new Set() } as unknown as GPUDevice;
      expect(new Device(gpu, describeAdapter(gpu, undefined), false)).toMatchObject({ host: 'browser', pipelineMode: 'async' });
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
