/** `gradshader verify`: whether this adapter computes a network's training rightly, kernel by kernel. */
import { Command } from 'commander';
import type { VerifyReport } from '../verify/report.ts';
import { runInPage, type ChromeOptions } from './chrome-host.ts';
import { readerOf } from './data.ts';
import type { HostName } from './host.ts';
import { addHostOptions, chromeOptionsOf, type HostOptions } from './host-options.ts';
import { addModelOptions, DATA_HELP, parseCount, settingsOf, type ModelOptions } from './options.ts';
import { runVerify, type VerifyJob, type VerifyListener } from './verify-session.ts';

interface VerifyCommandOptions extends ModelOptions, HostOptions {
  readonly replicas: number;
  readonly json?: boolean;
}

const RIGHT = 0, WRONG = 1;

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;

/** A line per kernel, and one per wrong number. */
export function formatVerified({ about, adapter, kernels, wrong, ok, milliseconds }: VerifyReport): string {
  const width = Math.max(6, ...kernels.map(({ kernel }) => kernel.length)), isWrong = (kernel: string): boolean => wrong.some((one) => one.kernel.includes(kernel));
  const lines = kernels.map(({ kernel, dispatches, worst, milliseconds: time }) =>
    `${kernel.padEnd(width)}  ${String(dispatches).padStart(10)}  ${worst.toPrecision(2).padStart(12)}  ${seconds(time).padStart(8)}  ${isWrong(kernel) ? 'WRONG' : 'ok'}`);
  const rest = milliseconds - kernels.reduce((sum, { milliseconds: time }) => sum + time, 0);
  const found = wrong.map(({ kernel, label, where, replica, element, wanted, got, allowed, count }) =>
    `${kernel}, ${label}: ${count} wrong in ${where}${replica ? ` of replica ${replica}` : ''}; [${element}] is ${got} instead of ${wanted}, off by at most ${allowed} allowed.`);
  return [
    about, `Adapter: ${adapter}`, '', `${'kernel'.padEnd(width)}  dispatches  error/bound  ${'time'.padStart(8)}`, ...lines,
    `${'waiting, compiling'.padEnd(width + 26)}  ${seconds(Math.max(0, rest)).padStart(8)}`, '', 'error/bound: the largest error, in parts of what rounding explains; above 1 is wrong.', ...found,
    ok ? `Every number is right. ${seconds(milliseconds)}.` : `This adapter computes wrongly: update its driver or use another one, and send what --json prints. ${seconds(milliseconds)}.`, '',
  ].join('\n');
}

/** Where the test is made: the same report, the same errors, whatever the host. */
export type VerifyHost = (job: VerifyJob, listener: VerifyListener) => Promise<void>;

const hostOf = (name: HostName, chrome: ChromeOptions): VerifyHost =>
  name === 'chrome'
    ? (job, listener) => runInPage(chrome, { session: 'verify', job, data: job.settings.data }, listener)
    : (job, listener) => runVerify(job, readerOf(job.settings.data), listener);

/** Makes the test, prints its report and gives the exit code. @throws what the session throws */
export async function printVerified(host: VerifyHost, job: VerifyJob, isJson: boolean, out: NodeJS.WritableStream): Promise<number> {
  let code = WRONG;
  await host(job, {
    verified: (report) => {
      out.write(isJson ? `${JSON.stringify(report, null, 2)}\n` : formatVerified(report));
      if (report.ok) code = RIGHT;
    },
  });
  return code;
}

/** Runs the command. @throws InputError, BadFileError, NoDeviceError */
async function runCommand(options: VerifyCommandOptions): Promise<number> {
  const host = hostOf(options.host!, chromeOptionsOf(options, options.host!));
  const job: VerifyJob = { settings: await settingsOf(options), replicas: options.replicas, software: options.software ? 'only' : 'fallback' };
  return printVerified(host, job, options.json === true, process.stdout);
}

const HELP = `
Every kernel of a training step, an evaluation and a prediction runs on drawn
numbers, and every number that it gives is compared with float64. A bound is what rounding can
explain; an error above it is wrong. Exit codes: 0 right, 1 wrong or an error, 2
wrong arguments. Training does this by itself the first time on an adapter.`;

/** The command, for the program to add. */
export function verifyCommand(finish: (code: number) => void): Command {
  const command = new Command('verify')
    .description('Compare every kernel that trains a network on this adapter with float64, number by number.')
    .option('--replicas <n>', 'copies of the network side by side', parseCount, 1)
    .option('--json', 'print the report as JSON');
  return addHostOptions(addModelOptions(command)).addHelpText('after', `${DATA_HELP}\n${HELP}`)
    .action(async (options: VerifyCommandOptions) => finish(await runCommand(options)));
}
