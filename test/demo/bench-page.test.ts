/** The benchmark page in a browser, served as files: choose, run, stop, read, save. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SUITES, type BenchReport } from '../../src/bench/types.ts';
import { launchBrowser } from '../../src/cli/browser.ts';
import { serve, type Served } from '../../src/cli/serve.ts';
import { bundle } from '../hosts/bundle.ts';

let root: string;
let served: Served;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gradshader-bench-demo-'));
  const loader = { '.wgsl': 'text', '.py': 'text', '.wasm': 'binary' } as const;
  await writeFile(join(root, 'bench.js'), await bundle('demo/bench.ts', { loader, external: ['node:*'] }));
  for (const file of ['bench.html', 'style.css', 'icon.svg']) await copyFile(join('demo', file), join(root, file));
  served = await serve({ root });
  ({ browser } = await launchBrowser({ software: 'only' }));
  page = await browser.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.setViewport({ width: 390, height: 800 });
  await page.goto(`${served.url}bench.html`);
  await page.waitForSelector('#start:not(:disabled)');
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  await rm(root, { recursive: true, force: true });
});

const text = (selector: string): Promise<string> => page.$eval(selector, (found) => found.textContent);

test('says what it would measure on, and offers every suite but the cold start', async () => {
  expect(await text('#adapter-kind')).toMatch(/^(software|hardware) adapter$/);
  const offered = await page.$$eval('[name=suite]', (boxes) => boxes.map((box) => (box as HTMLInputElement).value));
  expect(offered).toEqual(SUITES.filter((name) => name !== 'cold'));
});

test('an adapter that keeps its name back is not called a GPU', async () => {
  const other = await browser.newPage();
  await other.evaluateOnNewDocument("Object.defineProperty(GPUAdapter.prototype, 'info', { get: () => ({ vendor: '', architecture: '', device: '', description: '' }) })");
  await other.goto(`${served.url}bench.html`);
  await other.waitForSelector('.badge.unknown');
  const told = (selector: string): Promise<string> => other.$eval(selector, (found) => found.textContent);
  expect(await told('#adapter-kind')).toBe('adapter of unknown kind');
  expect(await told('#adapter-text')).toBe('unnamed adapter (of unknown kind): it does not say whether it is a GPU.');
  await other.close();
});

test('nothing chosen, nothing to start', async () => {
  await page.$$eval('[name=suite]:checked', (boxes) => boxes.forEach((box) => (box as HTMLInputElement).click()));
  expect(await page.$('#start:disabled')).not.toBeNull();
});

test('shows results while it measures, stops, and saves what it has', async () => {
  await page.click('[value=ceilings]');
  await page.click('#start');
  await page.waitForSelector('#suite-ceilings tbody tr');
  expect(await page.$('#choices:disabled')).not.toBeNull();
  expect(await page.$('#save:disabled')).not.toBeNull();
  await page.click('#stop');
  await page.waitForFunction(() => /^(Stopped|Done)/.test(document.querySelector('#status')!.textContent));
  const rows = await page.$$eval('#suite-ceilings tbody tr', (found) => found.map((row) => row.firstElementChild!.textContent));
  await page.evaluate(() => {
    URL.createObjectURL = (blob) => {
      void (blob as Blob).text().then((saved) => Object.assign(globalThis, { saved }));
      return 'data:,';
    };
  });
  await page.click('#save');
  await page.waitForFunction(() => 'saved' in globalThis);
  const report = JSON.parse(await page.evaluate(() => (globalThis as unknown as { saved: string }).saved)) as BenchReport;
  expect(report.format).toBe(1);
  expect(report.results.map(({ label }) => label)).toEqual(rows);
  expect(await page.$('#start:not(:disabled)')).not.toBeNull();
});

test('fits a phone, and threw nothing', async () => {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  expect(complaints).toEqual([]);
});
