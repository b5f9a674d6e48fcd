/** `gradshader bench`: measures on a host, says and writes what came out, and holds it against an earlier run. */
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import type { BenchReport } from '../../bench/types.ts';
import { runFolder } from '../files.ts';
import { onInterrupt } from '../interrupt.ts';
import type { ProgressStream } from '../progress.ts';
import { formatBytes } from '../table.ts';
import { DONE, STOPPED } from '../train.ts';
import { chromeHost, firefoxHost } from './chrome.ts';
import { comparisonText } from './compare-text.ts';
import { compareReports, readReport, slowerThan } from './compare.ts';
import { denoHost } from './deno.ts';
import { BenchDisplay } from './display.ts';
import type { BenchHost } from './host.ts';
import { nodeHost } from './node.ts';
import { addBenchOptions, benchOptions, checkCall, type BenchCall } from './options.ts';
import { pack, PACK_ROOT } from './pack.ts';
import { planText, resultsText } from './terminal.ts';
import { wrap } from './text.ts';
import { PAGE, REPORT, shownPath, writeReport } from './write.ts';

/** Something is slower than --fail-above allows. */
export const SLOWER = 3;

export function benchHostOf({ host, browser, runtime }: BenchCall): BenchHost {
  const options = browser === undefined ? {} : { browserPath: browser };
  switch (host) {
    case 'chrome': return chromeHost(options);
    case 'firefox': return firefoxHost(options);
    case 'deno': return denoHost(runtime === undefined ? {} : { runtimePath: runtime });
    case 'node': return nodeHost();
  }
}

/** Replaced by tests. */
export interface BenchSurroundings {
  readonly stream: ProgressStream;
  readonly hostOf: (call: BenchCall) => BenchHost;
  /** What signals come from. */
  readonly signals?: NodeJS.EventEmitter;
}

/** Runs the command and gives its exit code. @throws InputError before any work, NoDeviceError, and what the host throws */
export async function runBenchCommand(call: BenchCall, command: Command, surroundings: BenchSurroundings): Promise<number> {
  checkCall(call, command);
  const display = new BenchDisplay(surroundings.stream);
  if (call.bundle !== undefined) return packBundle(call.bundle, display);
  const previous = call.compare === undefined ? undefined : await readReport(call.compare);
  if (call.with !== undefined) return verdictOf(await readReport(call.with), previous!, call, display);
  return measure(call, command, previous, surroundings, display);
}

async function packBundle(file: string, display: BenchDisplay): Promise<number> {
  const bytes = await pack(file, { progress: (text) => display.progress(`${file}: ${text}`) });
  display.say(`${file}: ${formatBytes(bytes)}. On the machine to measure:\n  tar xzf ${shownPath(file)} && ${PACK_ROOT}/run`);
  return DONE;
}

/** Prints the comparison. @returns the exit code that --fail-above wants */
function verdictOf(report: BenchReport, previous: BenchReport, { failAbove }: BenchCall, display: BenchDisplay): number {
  const comparison = compareReports(report, previous);
  display.say(`${comparisonText(comparison, previous, display.width, failAbove)}\n`);
  return failAbove !== undefined && slowerThan(comparison, failAbove).length > 0 ? SLOWER : DONE;
}

async function measure(
  call: BenchCall, command: Command, previous: BenchReport | undefined, { hostOf, signals }: BenchSurroundings, display: BenchDisplay,
): Promise<number> {
  const options = benchOptions(call, command), host = hostOf(call);
  const folder = await runFolder(call.out, { advice: 'Choose another with --out.' });
  display.say(planText(options, display.width));
  const stop = new AbortController();
  const release = onInterrupt(() => {
    display.say('Stopping: what was measured will be written. Ctrl-C once more leaves at once, and writes nothing.');
    stop.abort();
  }, () => {
    display.stop();
    process.exit(STOPPED);
  }, signals === undefined ? {} : { source: signals });
  try {
    const report = await host.run(options, display, stop.signal);
    await writeReport(folder, report, previous);
    display.say(`\n${resultsText(report, display.width)}\n`);
    const code = previous === undefined ? DONE : verdictOf(report, previous, call, display);
    display.say(wrap(`${stop.signal.aborted ? 'Stopped: these are the results until then. ' : ''}Everything, with charts: ${shownPath(join(folder, PAGE))}; as data: ${shownPath(join(folder, REPORT))}`, display.width));
    return stop.signal.aborted ? STOPPED : code;
  } catch (error) {
    // A folder of our own that holds nothing is in nobody's interest; one with a file in it stays.
    if (call.out === undefined) await rmdir(folder).catch(() => {});
    if (!stop.signal.aborted) throw error;
    display.say(`Stopped before there was a report: ${(error as Error).message}`);
    return STOPPED;
  } finally {
    display.stop();
    release();
  }
}

const HELP = `
Times are wall clock of work that ends in a real readback; every figure is the
median of repeated samples, with the range of their middle half. What a host
cannot measure is listed with the reason. Written: ${REPORT} and ${PAGE}.

--fail-above R fails a result when its slowdown, the ratio of the medians, and
the whole 95 % bootstrap interval of it lie above R. Times and rates of
gradshader decide; ceilings, other libraries, ratios, sizes and results of other
work are shown only. Five samples or more make such an interval worth trusting.

Ctrl-C stops soon and writes what was measured; a second one leaves at once.
Exit codes: 0 done, 1 an error, 2 wrong arguments, 3 slower than --fail-above
allows, 130 stopped.

Examples:
  gradshader bench --quick                         a look, in headless Chrome
  gradshader bench --host node --suites ceilings,step --batch 128
  gradshader bench --compare old/bench.json --fail-above 1.1
  gradshader bench --compare old/bench.json --with new/bench.json
  gradshader bench --bundle bench.tar.gz           for a machine without network`;

/** The command, for the program to add. */
export function benchCommand(
  finish: (code: number) => void, surroundings: () => BenchSurroundings = () => ({ stream: process.stdout, hostOf: benchHostOf }),
): Command {
  const command = new Command('bench').description('Measure how fast training is here, beside what the adapter can do and beside other libraries.');
  return addBenchOptions(command).addHelpText('after', HELP)
    .action(async (call: BenchCall) => finish(await runBenchCommand(call, command, surroundings())));
}
