/** What the browser hosts do around a page: events out, stop in, and an end for every way a page can end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BenchReport } from '../../src/bench/types.ts';
import { launchFirefox } from '../../src/cli/bench/firefox.ts';
import type { BenchEvents, BenchOptions } from '../../src/cli/bench/host.ts';
import { runInBenchPage } from '../../src/cli/bench/page-host.ts';
import { launchBrowser, type LaunchedBrowser } from '../../src/cli/browser.ts';

/** A page that says what it was asked for, and measures until it is stopped or what `options.end` says. */
const PAGE = `let stop;
  const stopped = new Promise((resolve) => { stop = resolve; });
  globalThis.gradshaderBench = {
    stop,
    async run({ suites, end }) {
      await gradshaderTell('progress', JSON.stringify(suites.join() + (crossOriginIsolated ? ', isolated' : '')));
      for (const key of ['a', 'b']) await gradshaderTell('result', JSON.stringify({ key }));
      if (end === 'failure') return '{ "failure": { "code": "no-device", "message": "no adapter" } }';
      if (end === 'bug') return '{ "failure": { "message": "TypeError: x is not a function" } }';
      await stopped;
      return '{ "report": { "results": ["a", "b"] } }';
    },
  };`;

let folder: string;
let launched: LaunchedBrowser;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gradshader-bench-page-'));
  writeFileSync(join(folder, 'page.js'), PAGE);
  launched = await launchBrowser({ software: 'only' });
});
afterAll(async () => {
  await launched?.browser.close();
  rmSync(folder, { recursive: true, force: true });
});

function run(end: string, onEvent: (name: string) => void = () => {}, stop = new AbortController()): { heard: unknown[]; ended: Promise<BenchReport> } {
  const heard: unknown[] = [];
  const hear = (name: string) => (value: unknown): void => {
    heard.push([name, value]);
    onEvent(name);
  };
  const events = Object.fromEntries(['result', 'omission', 'progress'].map((name) => [name, hear(name)])) as unknown as BenchEvents;
  const options = { suites: ['step', 'epoch'], end } as unknown as BenchOptions;
  return { heard, ended: runInBenchPage(launched, options, events, stop.signal, folder) };
}

describe('a page that measures', () => {
  test('is asked with the options, on a page that may share memory, is heard, and stops with what it has', async () => {
    const stop = new AbortController();
    let results = 0;
    const { heard, ended } = run('', (name) => name === 'result' && ++results === 2 && stop.abort(), stop);
    expect(await ended).toEqual({ results: ['a', 'b'] });
    expect(heard).toEqual([['progress', 'step,epoch, isolated'], ['result', { key: 'a' }], ['result', { key: 'b' }]]);
  });

  test('a stop that came before it began is kept', async () => {
    const stop = new AbortController();
    stop.abort();
    expect(await run('', undefined, stop).ended).toEqual({ results: ['a', 'b'] });
  });

  test('fails with the error of its own kind', async () => {
    await expect(run('failure').ended).rejects.toMatchObject({ code: 'no-device', message: 'no adapter' });
    await expect(run('bug').ended).rejects.toThrow('TypeError: x is not a function');
  });

  test('a browser that ends is an error, not a wait', async () => {
    const browser = await launched.relaunch();
    const events = { result: () => void browser.close(), omission: () => {}, progress: () => {} } as unknown as BenchEvents;
    const ended = runInBenchPage({ browser }, { suites: [] } as unknown as BenchOptions, events, new AbortController().signal, folder);
    await expect(ended).rejects.toMatchObject({ code: 'browser' });
  });
});

describe('launchFirefox', () => {
  test('a path without a browser is refused with the path, and what to do', async () => {
    const refused = launchFirefox({ browserPath: '/no/such/firefox' });
    await expect(refused).rejects.toMatchObject({ code: 'no-device', message: expect.stringContaining('/no/such/firefox') as string });
    await expect(refused).rejects.toThrow('--browser');
  });

  test('a program that is no Firefox is refused with its reason', async () => {
    const program = join(folder, 'not-firefox');
    writeFileSync(program, '#!/bin/sh\necho no browser >&2\nexit 1\n', { mode: 0o755 });
    await expect(launchFirefox({ browserPath: program })).rejects.toMatchObject({ code: 'no-device', message: expect.stringContaining('did not start') as string });
  });
});
