/** Training inside a headless browser: the page of chrome-page.ts runs the session, this side serves and listens. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer';
import { readBytes } from '../data/load.ts';
import { GradshaderError } from '../errors.ts';
import { launchBrowser } from './browser.ts';
import type { PageFailure, PageHost, PageJob } from './chrome-page.ts';
import { serve, type Routes } from './serve.ts';
import type { Host, Job, Listener } from './session.ts';
import type { Settings } from './settings.ts';

export interface ChromeOptions {
  readonly browserPath?: string;
  /** Default true. */
  readonly headless?: boolean;
}

type PageGlobal = { gradshader: PageHost };

const PAGE = '<!doctype html><meta charset="utf-8"><title>gradshader</title><script type="module" src="/chrome-page.js"></script>';

/** Every file a run reads, in the order the page asks for them by number. */
const sourcesOf = ({ data }: Settings): string[] => [data.train, ...(data.test ? [data.test] : [])]
  .flatMap(({ images, labels }) => [images, labels]);

export const chromeHost = (options: ChromeOptions): Host => ({
  run: (job, listener, signal) => run(options, job, listener, signal),
});

async function run(options: ChromeOptions, job: Job, listener: Listener, signal: AbortSignal): Promise<void> {
  const sources = sourcesOf(job.settings);
  // An error of the listener (a full disk) must come back as itself, not as what the page makes of it.
  let failure: unknown;
  const guarded = async (work: () => void | Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failure ??= error;
      throw error;
    }
  };
  const served = await serve({ root: dirname(fileURLToPath(import.meta.url)), routes: routesOf(job, sources, (bytes) => guarded(() => listener.checkpoint(bytes))) });
  try {
    const { browser } = await launchBrowser({ ...options, software: job.software });
    try {
      const page = await browser.newPage();
      const gone = new Promise<never>((_, reject) => {
        const lose = (): void => reject(new GradshaderError('browser', 'The browser ended while it was training. The run folder has the last finished epoch: go on from it with --resume.'));
        page.once('error', lose);
        browser.once('disconnected', lose);
      });
      gone.catch(() => {}); // Closing the browser ourselves comes here too.
      const failed = await Promise.race([gone, drive(page, served.url, pageJob(job, sources), listener, guarded, signal)]);
      if (failure !== undefined) throw failure;
      if (failed !== undefined) throw typedError(failed);
    } finally {
      await browser.close().catch(() => {});
    }
  } finally {
    await served.close();
  }
}

function routesOf(job: Job, sources: readonly string[], checkpoint: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>): Routes {
  return {
    '/': { type: 'text/html; charset=utf-8', get: async () => new TextEncoder().encode(PAGE) },
    '/checkpoint': { get: async () => job.from?.bytes ?? new Uint8Array(0), post: checkpoint },
    ...Object.fromEntries(sources.map((source, i) => [`/data/${i}`, { get: () => readBytes(source) }])),
  };
}

const pageJob = ({ from, ...rest }: Job, sources: readonly string[]): PageJob =>
  ({ ...rest, sources, ...(from && { from: { name: from.name, samples: from.samples } }) });

/** Opens the page and runs the job in it, until it ends. Gives the page's failure, if it failed. */
async function drive(
  page: Page, url: string, job: PageJob, listener: Listener,
  guarded: (work: () => void | Promise<void>) => Promise<void>, signal: AbortSignal,
): Promise<PageFailure | undefined> {
  type Named = Pick<Listener, 'adapter' | 'started' | 'progress' | 'epoch'>;
  await page.exposeFunction('gradshaderTell', (name: keyof Named, value: never) => guarded(() => listener[name](value)));
  await page.goto(url);
  await page.waitForFunction(() => 'gradshader' in globalThis);
  const stop = (): void => {
    page.evaluate(() => (globalThis as unknown as PageGlobal).gradshader.stop()).catch(() => {}); // It may just have ended.
  };
  const running = page.evaluate((one) => (globalThis as unknown as PageGlobal).gradshader.run(one), job);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await running;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

const typedError = ({ code, message }: PageFailure): Error =>
  code === undefined ? new Error(message) : new GradshaderError(code, message);
