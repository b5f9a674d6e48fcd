/**
 * The page's side of page-host.ts. What crosses is JSON text: of an object that occurs twice in a value, puppeteer hands over
 * only the first from Firefox.
 */
import type { BenchOptions } from './host.ts';
import { runRemote } from './remote.ts';

export interface PageBench {
  /** The JSON of an `Ending`. */
  run(options: BenchOptions): Promise<string>;
  /** Ends the run with what was measured so far. */
  stop(): void;
}

const scope = globalThis as unknown as { gradshaderBench: PageBench; gradshaderTell: (name: string, json: string) => Promise<void> };
const stop = new AbortController();
scope.gradshaderBench = {
  // The other side keeps its own errors.
  run: async (options) => JSON.stringify(
    await runRemote(options, (name, value) => void scope.gradshaderTell(name, JSON.stringify(value)).catch(() => {}), stop.signal),
  ),
  stop: () => stop.abort(),
};
