/** One cold start: a browser of its own, one page, and everything the page loaded. Node only. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'puppeteer';
import { GradshaderError } from '../../../errors.ts';
import { serve, type Route, type Routes } from '../../serve.ts';
import type { ColdReport } from './data.ts';

export interface ColdRun {
  readonly report: ColdReport;
  /** Of all the page loaded, HTML and scripts: as they are, and each compressed by gzip as servers do. */
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** No page takes nearly as long; a page that died must not be waited for. */
const PATIENCE_MILLISECONDS = 120_000;
/** A browser that has just started still works on its own things. */
const SETTLE_MILLISECONDS = 500;

const HTML = '<!doctype html><html lang="en"><meta charset="utf-8"><title>cold start</title><script type="module" src="/page.js"></script></html>';

/**
 * Opens the page built into `folder` (its entry is page.js) in a browser that `launch` starts for it, and waits for its
 * first training step. The server says not to cache, and the profile is new.
 * @throws GradshaderError 'browser' with the page's own error, or when it never answers; the signal's reason
 */
export async function runCold(folder: string, launch: () => Promise<Browser>, signal: AbortSignal): Promise<ColdRun> {
  const loaded: Uint8Array[] = [];
  let answer: (report: ColdReport) => void = () => {};
  const done = new Promise<ColdReport>((resolve) => (answer = resolve));
  const file = (bytes: Uint8Array, type: string): Route => ({
    type,
    get: async () => {
      loaded.push(bytes);
      return bytes;
    },
  });
  const routes: Routes = {
    '/': file(new TextEncoder().encode(HTML), 'text/html; charset=utf-8'),
    '/done': { post: async (body) => answer(JSON.parse(new TextDecoder().decode(body)) as ColdReport) },
    ...Object.fromEntries(readdirSync(folder).filter((name) => extname(name) === '.js').map((name) =>
      [`/${name}`, file(readFileSync(join(folder, name)), 'text/javascript; charset=utf-8')])),
  };
  const served = await serve({ root: folder, routes });
  try {
    const report = await openPage(served.url, launch, done, signal);
    if (report.error !== undefined) throw new GradshaderError('browser', `The page failed: ${report.error}`);
    return { report, bytes: sum(loaded), gzipBytes: sum(loaded.map((bytes) => gzipSync(bytes, { level: 9 }))) };
  } finally {
    await served.close();
  }
}

const sum = (parts: readonly Uint8Array[]): number => parts.reduce((bytes, part) => bytes + part.length, 0);

async function openPage(url: string, launch: () => Promise<Browser>, done: Promise<ColdReport>, signal: AbortSignal): Promise<ColdReport> {
  const browser = await launch();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = (): void => {};
  try {
    const page = await browser.newPage();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLISECONDS));
    signal.throwIfAborted();
    const ended = new Promise<never>((_, reject) => {
      const fail = (why: string): void => reject(new GradshaderError('browser', why));
      timer = setTimeout(() => fail(`No first step after ${PATIENCE_MILLISECONDS / 1000} s.`), PATIENCE_MILLISECONDS);
      browser.once('disconnected', () => fail('The browser ended.'));
      page.once('error', () => fail('The page crashed.'));
      stop = () => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
    });
    ended.catch(() => {}); // Closing the browser ourselves comes here too.
    await page.goto(url);
    return await Promise.race([done, ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    await browser.close().catch(() => {});
  }
}
