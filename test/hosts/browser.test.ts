import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launchBrowser } from '../../src/cli/browser.ts';
import { NoDeviceError } from '../../src/errors.ts';
import { bundle } from './bundle.ts';

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join('node_modules', '.browser-test-'));
});
afterEach(() => {
  if (child?.exitCode === null) child.kill('SIGKILL');
  child = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the entry in a process group of its own; gives the browser's process id once it is ready. */
async function start(): Promise<{ browserPid: number; output: () => string; end: Promise<number | null> }> {
  const script = join(folder, 'entry.mjs');
  writeFileSync(script, await bundle('test/hosts/browser-entry.ts', { platform: 'node', external: ['puppeteer'] }));
  let output = '';
  const program = spawn(process.execPath, [script], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  child = program;
  const end = new Promise<number | null>((resolve) => program.once('close', resolve));
  const ready = new Promise<number>((resolve, reject) => {
    program.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const pid = /^ready (\d+)/m.exec(output)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
    program.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    program.once('close', () => reject(new Error(`ended before it was ready: ${output}`)));
  });
  return { browserPid: await ready, output: () => output, end };
}

async function isGone(pid: number): Promise<boolean> {
  for (let i = 0; i < 50; i += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

test('Ctrl-C to the whole process group leaves the browser usable until it is closed', async () => {
  const { browserPid, output, end } = await start();
  process.kill(-child!.pid!, 'SIGINT');
  expect(await end, output()).toBe(0);
  expect(output()).toContain('after Ctrl-C: 42');
  expect(await isGone(browserPid)).toBe(true);
});

test('the browser ends with its process, even when that is killed', async () => {
  const { browserPid, end } = await start();
  child!.kill('SIGKILL');
  await end;
  expect(await isGone(browserPid)).toBe(true);
});

test('a path without a browser is refused with the path', async () => {
  const refused = launchBrowser({ browserPath: '/no/such/browser' });
  await expect(refused).rejects.toBeInstanceOf(NoDeviceError);
  await expect(refused).rejects.toThrow('/no/such/browser');
});

test('a program that is no browser is refused with its reason', async () => {
  const refused = launchBrowser({ browserPath: process.execPath });
  await expect(refused).rejects.toBeInstanceOf(NoDeviceError);
  await expect(refused).rejects.toThrow('did not start');
});

test('the caller chooses whether software will do', async () => {
  const { browser, adapterReport } = await launchBrowser({ software: 'only' });
  await browser.close();
  expect(adapterReport.state).toBe('software');
});
