/** The page's side of chrome-host.ts. Runs the session and tells the other side what happens. */
import { GradshaderError } from '../errors.ts';
import { runSession, type Checkpoint, type Job, type Listener } from './session.ts';

/** A job as it crosses into the page: the checkpoint's bytes are fetched instead. */
export interface PageJob extends Omit<Job, 'from'> {
  /** What `/data/0`, `/data/1` ... are. */
  readonly sources: readonly string[];
  readonly from?: Omit<Checkpoint, 'bytes'>;
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

async function fetchBytes(path: string): Promise<Uint8Array> {
  const response = await fetch(path);
  // The other side's own words, which name the file.
  if (!response.ok) throw new GradshaderError('bad-file', await response.text());
  return new Uint8Array(await response.arrayBuffer());
}

function makeHost(tell: Tell): PageHost {
  const stop = new AbortController();
  const listener: Listener = {
    adapter: (report) => tell('adapter', report),
    started: (info) => tell('started', info),
    progress: (event) => void tell('progress', event).catch(() => {}), // The other side keeps its own errors.
    epoch: (entry) => tell('epoch', entry),
    async checkpoint(bytes) {
      const response = await fetch('/checkpoint', { method: 'POST', body: bytes });
      if (!response.ok) throw new Error(await response.text());
    },
  };
  return {
    stop: () => stop.abort(),
    async run({ sources, from, ...job }) {
      try {
        const checkpoint = from && { ...from, bytes: await fetchBytes('/checkpoint') };
        const read = (source: string): Promise<Uint8Array> => fetchBytes(`/data/${sources.indexOf(source)}`);
        await runSession({ ...job, ...(checkpoint && { from: checkpoint }) }, read, listener, stop.signal);
        return undefined;
      } catch (error) {
        const { message } = error as Error;
        return error instanceof GradshaderError ? { code: error.code, message } : { message: (error as Error).stack ?? message };
      }
    },
  };
}

const scope = globalThis as unknown as { gradshader: PageHost; gradshaderTell: Tell };
scope.gradshader = makeHost((name, value) => scope.gradshaderTell(name, value));
