/** The benchmark in a page of a browser: page.ts measures, this side serves, listens and stops. Node only. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer';
import type { BenchReport } from '../../bench/types.ts';
import { GradshaderError } from '../../errors.ts';
import type { LaunchedBrowser } from '../browser.ts';
import { serve } from '../serve.ts';
import type { BenchEvents, BenchOptions } from './host.ts';
import type { PageBench } from './page.ts';
import { hear, reportOf, type Ending } from './ending.ts';

type PageGlobal = { gradshaderBench: PageBench };

const HTML = '<!doctype html><html lang="en"><meta charset="utf-8"><title>gradshader bench</title><script type="module" src="/page.js"></script></html>';
/** With these a page may share memory: the peers' WebAssembly then runs on all cores. */
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' } as const;

/** The folder that build.mjs writes the benchmark's pages into, beside the command line. */
export const benchFolder = (): string => join(dirname(fileURLToPath(import.meta.url)), 'bench');

/**
 * Runs the suites in a new page. When the signal aborts, the page ends with what it has measured.
 * @param folder where the built page is
 * @throws what the page throws; GradshaderError 'browser' when the browser ends
 */
export async function runInBenchPage(
  { browser }: Pick<LaunchedBrowser, 'browser'>, options: BenchOptions, events: BenchEvents, signal: AbortSignal, folder = benchFolder(),
): Promise<BenchReport> {
  const home = { type: 'text/html; charset=utf-8', get: async () => new TextEncoder().encode(HTML) };
  const served = await serve({ root: folder, routes: { '/': home }, headers: ISOLATED });
  try {
    const page = await browser.newPage();
    const gone = new Promise<never>((_, reject) => {
      const lose = (): void => reject(new GradshaderError('browser', 'The browser ended while it was measuring.'));
      page.once('error', lose);
      browser.once('disconnected', lose);
    });
    gone.catch(() => {}); // Closing the browser ourselves comes here too.
    const ending = drive(page, served.url, options, events, signal).catch((error: unknown) => {
      // Puppeteer's own word for it may come first.
      if ((error as Error).name === 'TargetCloseError') return gone;
      throw error;
    });
    return reportOf(await Promise.race([gone, ending]));
  } finally {
    await served.close();
  }
}

async function drive(page: Page, url: string, options: BenchOptions, events: BenchEvents, signal: AbortSignal): Promise<Ending> {
  await page.exposeFunction('gradshaderTell', (name: string, json: string) => hear(events, name, JSON.parse(json)));
  await page.goto(url);
  await page.waitForFunction(() => 'gradshaderBench' in globalThis);
  const stop = (): void => {
    page.evaluate(() => (globalThis as unknown as PageGlobal).gradshaderBench.stop()).catch(() => {}); // It may just have ended.
  };
  const running = page.evaluate((given) => (globalThis as unknown as PageGlobal).gradshaderBench.run(given), options);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return JSON.parse(await running) as Ending;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
