/** The page's side of page-host.ts. */
import type { BenchOptions } from './host.ts';
import type { Ending } from './ending.ts';
import { runRemote } from './remote.ts';

export interface PageBench {
  run(options: BenchOptions): Promise<Ending>;
  /** Ends the run with what was measured so far. */
  stop(): void;
}

const scope = globalThis as unknown as { gradshaderBench: PageBench; gradshaderTell: (name: string, value: unknown) => Promise<void> };
const stop = new AbortController();
scope.gradshaderBench = {
  // The other side keeps its own errors.
  run: (options) => runRemote(options, (name, value) => void scope.gradshaderTell(name, value).catch(() => {}), stop.signal),
  stop: () => stop.abort(),
};
