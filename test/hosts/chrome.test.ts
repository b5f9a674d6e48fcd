/** Every case in headless Chrome. No browser or no adapter is a failure. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LaunchedBrowser, launchBrowser } from '../../src/cli/browser.ts';
import { type Served, serve } from '../../src/cli/serve.ts';
import { cases } from '../cases/index.ts';
import { bundle } from './bundle.ts';
import type { ChromeHost } from './chrome-host.ts';

type Host = { host: ChromeHost };

describe('headless Chrome', () => {
  let root: string;
  let served: Served;
  let launched: LaunchedBrowser;
  let page: Page;
  const pageErrors: string[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'gradshader-chrome-'));
    await writeFile(join(root, 'entry.js'), await bundle('test/hosts/chrome-entry.ts'));
    await writeFile(join(root, 'index.html'), '<!doctype html><script type="module" src="entry.js"></script>');
    served = await serve({ root });
    launched = await launchBrowser();
    page = await launched.browser.newPage();
    page.on('pageerror', (error) => pageErrors.push(String(error)));
    await page.goto(served.url);
    await page.waitForFunction(() => 'host' in globalThis);
    const adapter = await page.evaluate(() => (globalThis as unknown as Host).host.open());
    console.log(`Chrome (${await launched.browser.version()}): ${adapter}`);
  });

  afterAll(async () => {
    await launched?.browser.close();
    await served?.close();
    if (root !== undefined) await rm(root, { recursive: true, force: true });
  });

  test('the page reports the same list of case names as Node', async () => {
    const names = await page.evaluate(() => (globalThis as unknown as Host).host.names());
    expect(names).toEqual(cases.map((one) => one.name));
  });

  for (const { name } of cases) {
    test(name, async () => {
      const result = await page.evaluate((one) => (globalThis as unknown as Host).host.run(one), name);
      expect(result.error ?? '', result.lines.join('\n')).toBe('');
      expect(result).toMatchObject({ name, ok: true });
    });
  }

  test('the device closes and the page threw nothing else', async () => {
    await page.evaluate(() => (globalThis as unknown as Host).host.close());
    expect(pageErrors).toEqual([]);
  });
});
