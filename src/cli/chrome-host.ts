/** Sessions inside a headless browser: the page of chrome-page.ts runs the session, this side serves and listens. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer';
import { GradshaderError } from '../errors.ts';
import { launchBrowser } from './browser.ts';
import type { PageFailure, PageHost, PageJob, SessionName } from './chrome-page.ts';
import { unpack } from './crossing.ts';
import { readerOf, type Read } from './data.ts';
import { serve, type Routes } from './serve.ts';
import type { Host, Job, Listener } from './session.ts';
import { filesOf, type DataSettings } from './settings.ts';
import type { VerifyListener } from './verify-session.ts';

export interface ChromeOptions {
  readonly browserPath?: string;
  /** Default true. */
  readonly headless?: boolean;
}

type PageGlobal = { gradshader: PageHost };

const PAGE = '<!doctype html><meta charset="utf-8"><title>gradshader</title><script type="module" src="/chrome-page.js"></script>';

/** What the sessions' listeners have between them; the page calls the other methods by their names. */
type PageListener = Partial<Pick<Listener, 'checkpoint' | 'best'> & VerifyListener>;

/** A session for the page, as plain data but for the checkpoint's bytes. */
export interface PageSession {
  readonly session: SessionName;
  readonly job: { readonly software: Job['software']; readonly from?: { readonly bytes: Uint8Array } };
  readonly data: DataSettings;
}

/** What is said where the browser ends on its own. */
const RESUME = 'The browser ended while it was training. The run folder has the last finished epoch: go on from it with --resume.';
const ENDED: Readonly<Record<SessionName, string>> = {
  train: RESUME, compare: RESUME, verify: 'The browser ended before all was tested: nothing was found out of this adapter.',
};

export const chromeHost = (options: ChromeOptions): Host => ({
  run: (job, listener, signal) => runInPage(options, { session: 'train', job, data: job.settings.data }, listener, signal),
});

/** Runs a session in a page of a new browser. @throws what the session throws, and when the browser ends */
export async function runInPage(options: ChromeOptions, { session, job, data }: PageSession, listener: PageListener, signal?: AbortSignal): Promise<void> {
  const sources = filesOf(data); // The page asks for them by number.
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
  const served = await serve({ root: dirname(fileURLToPath(import.meta.url)), routes: routesOf(job.from?.bytes, sources, readerOf(data), listener, guarded) });
  try {
    const { browser } = await launchBrowser({ ...options, software: job.software });
    try {
      const page = await browser.newPage();
      const gone = new Promise<never>((_, reject) => {
        const lose = (): void => reject(new GradshaderError('browser', ENDED[session]));
        page.once('error', lose);
        browser.once('disconnected', lose);
      });
      gone.catch(() => {}); // Closing the browser ourselves comes here too.
      const failed = await Promise.race([gone, drive(page, served.url, { session, sources, job: withoutBytes(job) }, listener, guarded, signal)]);
      if (failure !== undefined) throw failure;
      if (failed !== undefined) throw typedError(failed);
    } finally {
      await browser.close().catch(() => {});
    }
  } finally {
    await served.close();
  }
}

function routesOf(
  from: Uint8Array | undefined, sources: readonly string[], read: Read, listener: PageListener, guarded: (work: () => void | Promise<void>) => Promise<void>,
): Routes {
  return {
    '/': { type: 'text/html; charset=utf-8', get: async () => new TextEncoder().encode(PAGE) },
    '/checkpoint': { get: async () => from ?? new Uint8Array(0), post: (bytes) => guarded(() => listener.checkpoint?.(bytes)) },
    '/best': { post: (bytes) => guarded(() => listener.best?.(bytes)) },
    ...Object.fromEntries(sources.map((source, i) => [`/data/${i}`, { get: () => read(source) }])),
  };
}

function withoutBytes({ from, ...job }: PageSession['job']): PageJob['job'] {
  if (from === undefined) return job;
  const { bytes: _, ...rest } = from;
  return { ...job, from: rest };
}

/** Opens the page and runs the job in it, until it ends. Gives the page's failure, if it failed. */
async function drive(
  page: Page, url: string, job: PageJob, listener: PageListener,
  guarded: (work: () => void | Promise<void>) => Promise<void>, signal?: AbortSignal,
): Promise<PageFailure | undefined> {
  const named = listener as unknown as Readonly<Record<string, (value: unknown) => void | Promise<void>>>;
  await page.exposeFunction('gradshaderTell', (name: string, packed: string) => guarded(() => named[name]!(unpack(packed))));
  await page.goto(url);
  await page.waitForFunction(() => 'gradshader' in globalThis);
  const stop = (): void => {
    page.evaluate(() => (globalThis as unknown as PageGlobal).gradshader.stop()).catch(() => {}); // It may just have ended.
  };
  const running = page.evaluate((one) => (globalThis as unknown as PageGlobal).gradshader.run(one), job);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await running;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

const typedError = ({ code, message }: PageFailure): Error =>
  code === undefined ? new Error(message) : new GradshaderError(code, message);
