/** Cases as tests in headless Chrome. No browser or no adapter is a failure. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'puppeteer';
import { afterAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../../src/cli/browser.ts';
import { serve } from '../../src/cli/serve.ts';
import { cases } from '../cases/index.ts';
import { bundle } from './bundle.ts';
import { type Case, casesWith } from './cases.ts';
import type { ChromeHost } from './chrome-host.ts';

type Host = { host: ChromeHost };

/** Opens one page with one device, and makes a test of every wanted case that the adapter has the features for. */
export async function testInChrome(wanted: readonly Case[]): Promise<void> {
  // Opened before the tests are listed: the device's features say which there are.
  const root = await mkdtemp(join(tmpdir(), 'gradshader-chrome-'));
  await writeFile(join(root, 'entry.js'), await bundle('test/hosts/chrome-entry.ts'));
  await writeFile(join(root, 'index.html'), '<!doctype html><script type="module" src="entry.js"></script>');
  const served = await serve({ root });
  const launched = await launchBrowser({ software: 'only' });
  const pageErrors: string[] = [];
  const page: Page = await launched.browser.newPage();
  page.on('pageerror', (error) => pageErrors.push(String(error)));
  await page.goto(served.url);
  await page.waitForFunction(() => 'host' in globalThis);
  const adapter = await page.evaluate(() => (globalThis as unknown as Host).host.open());
  const runs = casesWith(wanted, new Set(adapter.features));
  console.log(`Chrome (${await launched.browser.version()}): ${adapter.name}, ${runs.length} of ${cases.length} cases`);

  describe('headless Chrome', () => {
    afterAll(async () => {
      await launched.browser.close();
      await served.close();
      await rm(root, { recursive: true, force: true });
    });

    test('only cases are left out whose features the adapter does not have', () => {
      const left = wanted.filter((one) => !runs.includes(one));
      for (const { name, features = [] } of left) expect(features.every((feature) => adapter.offered.includes(feature)), name).toBe(false);
      expect(runs.length).toBeGreaterThan(0);
    });

    test('the page reports the same list of case names as Node', async () => {
      const names = await page.evaluate(() => (globalThis as unknown as Host).host.names());
      expect(names).toEqual(cases.map((one) => one.name));
    });

    for (const { name } of runs) {
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
}
