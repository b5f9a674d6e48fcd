/** The benchmark in headless Chrome and Firefox: the suites in a page, the cold start in browsers of its own. Node only. */
import { join } from 'node:path';
import { collect } from '../../bench/run.ts';
import type { BenchReport } from '../../bench/types.ts';
import { launchBrowser, type LaunchBrowserOptions, type LaunchedBrowser } from '../browser.ts';
import { coldSuite } from './cold/suite.ts';
import { launchFirefox } from './firefox.ts';
import type { BenchEvents, BenchHost, BenchOptions } from './host.ts';
import { benchFolder, runInBenchPage } from './page-host.ts';

export type BrowserHostOptions = Pick<LaunchBrowserOptions, 'browserPath'>;

/** Firefox ends every wait for the GPU at the next tick of 100 ms: a shorter sample would be mostly that. */
const FIREFOX_SECONDS = 2;

export const chromeHost = ({ browserPath }: BrowserHostOptions = {}): BenchHost => ({
  run: (options, events, signal) => runInBrowser('chrome', launchBrowser, { browserPath }, options, events, signal),
});

export const firefoxHost = ({ browserPath }: BrowserHostOptions = {}): BenchHost => ({
  run: (options, events, signal) => {
    const seconds = Math.max(options.seconds, FIREFOX_SECONDS);
    return runInBrowser('firefox', launchFirefox, { browserPath }, { ...options, seconds }, events, signal);
  },
});

async function runInBrowser(
  name: 'chrome' | 'firefox', launch: (options: LaunchBrowserOptions) => Promise<LaunchedBrowser>,
  { browserPath }: { readonly browserPath: string | undefined }, options: BenchOptions, events: BenchEvents, signal: AbortSignal,
): Promise<BenchReport> {
  const { software } = options;
  const launched = await launch({ ...(browserPath !== undefined && { browserPath }), ...(software !== undefined && { software }) });
  const { browser, switches } = launched;
  let report: BenchReport;
  try {
    const suites = options.suites.filter((suite) => suite !== 'cold');
    const started = `${await browser.version()}, started with ${switches.join(' ')}`;
    const measured = await runInBenchPage(launched, { ...options, suites }, events, signal);
    report = { ...measured, host: { ...measured.host, name, version: `${started}; ${measured.host.version}` } };
  } finally {
    await browser.close().catch(() => {});
  }
  if (!options.suites.includes('cold')) return report;
  return withCold(report, launched, options, events, signal);
}

/** The report with the cold starts; those that were done, when the signal aborts. */
async function withCold(
  report: BenchReport, { relaunch }: LaunchedBrowser, { repetitions }: BenchOptions, events: BenchEvents, signal: AbortSignal,
): Promise<BenchReport> {
  const { results, omissions, emit, omit } = collect(events);
  try {
    const folder = join(benchFolder(), 'cold');
    await coldSuite({ folder, repetitions, launch: relaunch, signal, progress: (text) => events.progress(text), emit, omit });
  } catch (error) {
    omit({ suite: 'cold', key: 'cold', reason: signal.aborted ? 'The run was stopped.' : (error as Error).message });
  }
  return { ...report, results: [...report.results, ...results], omissions: [...report.omissions, ...omissions] };
}
