/** Deno's side of deno.ts: options as JSON in the first argument, lines of JSON on stdout, stop by the end of stdin. */
import type { BenchOptions } from './host.ts';
import { runRemote } from './remote.ts';
import type { Line } from './runtime.ts';

const say = (line: Line): Promise<void> => new Promise((resolve) => {
  process.stdout.write(`${JSON.stringify(line)}\n`, () => resolve());
});
// Libraries may print; stdout is for lines.
console.log = console.info = console.warn = console.error;
// What ends the group of a terminal comes here too; the process that started this one says what to do, by closing stdin.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
const stop = new AbortController();
process.stdin.on('end', () => stop.abort()).resume();
const options = JSON.parse(process.argv[2]!) as BenchOptions;
const value = await runRemote(options, (name, told) => void say({ name, value: told }), stop.signal);
await say({ name: 'ending', value });
// An open stdin would keep it alive.
process.exit(0);
