/** The page's side of chrome-host.ts. Runs the session and tells the other side what happens. */
import { GradshaderError } from '../errors.ts';
import { runCompare, type CompareListener } from './compare/session.ts';
import { pack } from './crossing.ts';
import type { Read } from './data.ts';
import { runSession, type Listener } from './session.ts';
import { runVerify, type VerifyListener } from './verify-session.ts';

/** The sessions a page can run. */
const SESSIONS = { train: runSession, compare: runCompare, verify: runVerify } as const;
export type SessionName = keyof typeof SESSIONS;

/** A job as it crosses into the page: the checkpoint's bytes are fetched instead. */
export interface PageJob {
  readonly session: SessionName;
  /** What `/data/0`, `/data/1` ... are. */
  readonly sources: readonly string[];
  /** Of the session, but for the checkpoint's bytes. */
  readonly job: { readonly software: string; readonly from?: object };
}

/** An error as it crosses out of the page. `code` is there for the library's own errors. */
export interface PageFailure {
  readonly code?: string;
  readonly message: string;
}

export interface PageHost {
  run(job: PageJob): Promise<PageFailure | undefined>;
  stop(): void;
}

type Tell = (name: string, value: unknown) => Promise<void>;
type AnyListener = Listener & CompareListener & VerifyListener;

async function fetchBytes(path: string): Promise<Uint8Array> {
  const response = await fetch(path);
  // The other side's own words, which name the file.
  if (!response.ok) throw new GradshaderError('bad-file', await response.text());
  return new Uint8Array(await response.arrayBuffer());
}

async function post(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const response = await fetch(path, { method: 'POST', body: bytes });
  if (!response.ok) throw new Error(await response.text());
}

function makeHost(tell: Tell): PageHost {
  const stop = new AbortController();
  const listener: AnyListener = {
    adapter: (report) => tell('adapter', report),
    started: (info) => tell('started', info),
    verifying: (event) => void tell('verifying', event).catch(() => {}),
    progress: (event) => void tell('progress', event).catch(() => {}), // The other side keeps its own errors.
    epoch: (entry) => tell('epoch', entry),
    fallback: (report) => tell('fallback', report),
    event: (event) => tell('event', event),
    verified: (report) => tell('verified', report),
    checkpoint: (bytes) => post('/checkpoint', bytes),
    best: (bytes) => post('/best', bytes),
  };
  return {
    stop: () => stop.abort(),
    async run({ session, sources, job }) {
      try {
        const whole = job.from === undefined ? job : { ...job, from: { ...job.from, bytes: await fetchBytes('/checkpoint') } };
        const read: Read = (source) => fetchBytes(`/data/${sources.indexOf(source)}`);
        // What crossed into the page is the job of that session: chrome-host.ts sees to it.
        const run = SESSIONS[session] as (job: object, read: Read, listener: AnyListener, signal: AbortSignal) => Promise<void>;
        await run(whole, read, listener, stop.signal);
        return undefined;
      } catch (error) {
        const { message } = error as Error;
        return error instanceof GradshaderError ? { code: error.code, message } : { message: (error as Error).stack ?? message };
      }
    },
  };
}

const scope = globalThis as unknown as { gradshader: PageHost; gradshaderTell: (name: string, packed: string) => Promise<void> };
scope.gradshader = makeHost((name, value) => scope.gradshaderTell(name, pack(value)));
