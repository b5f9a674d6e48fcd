/** `compare` as the command line knows it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { packageFolder } from '../../data/node-files.ts';
import { InputError } from '../../errors.ts';
import { runInPage, type ChromeOptions } from '../chrome-host.ts';
import { readerOf } from '../data.ts';
import type { HostName } from '../host.ts';
import { compare, type CompareHost } from './compare.ts';
import { openCompare, PAGE, RESULTS, type StoppedCompare } from './files.ts';
import { COMPARE_OPTIONS, compareSettings, type CompareOptions } from './options.ts';
import { runCompare } from './session.ts';
import { nextStage } from './stages.ts';
import type { CompareFile } from './summary.ts';
import type { CompareSettings } from './types.ts';

export interface CompareCall extends CompareOptions {
  readonly host: HostName;
  readonly out?: string;
  readonly resume?: string;
}

/** What this call decides whatever the experiment is. */
export interface CompareSurroundings {
  /** @throws InputError for options that the host does not have */
  readonly chromeOf: (host: HostName) => ChromeOptions;
  readonly software: 'fallback' | 'only';
  /** Options that a later `--resume` needs again. */
  readonly repeat: readonly string[];
  readonly version: string;
}

const hostOf = (name: HostName, chrome: ChromeOptions): CompareHost =>
  name === 'chrome'
    ? (job, listener, signal) => runInPage(chrome, { session: 'compare', job, data: job.settings.base.data }, listener, signal)
    : (job, listener, signal) => runCompare(job, readerOf(job.settings.base.data), listener, signal);

/** Runs `gradshader compare` and gives its exit code. @throws what finding the data and the session throw */
export async function runCompareCommand(call: CompareCall, command: Command, surroundings: CompareSurroundings): Promise<number> {
  const { chromeOf, software, repeat, version } = surroundings;
  const stopped = call.resume === undefined ? undefined : await openCompare(call.resume);
  if (stopped !== undefined) {
    refuseChanges(command);
    checkOpen(stopped);
  }
  const isHostGiven = command.getOptionValueSource('host') === 'cli';
  const host = stopped === undefined || isHostGiven ? call.host : (stopped.file.host as HostName);
  return compare({
    run: hostOf(host, chromeOf(host)),
    host,
    settings: stopped === undefined ? await compareSettings(call) : resumedSettings(stopped.file),
    software,
    versions: { gradshader: version, node: process.version, ...(host === 'node' && await dawnVersion()) },
    repeat,
    ...(call.out !== undefined && { out: call.out }),
    ...(stopped && { stopped }),
  }, process.stdout);
}

/** The samples used stay the same, also on an adapter that would have other defaults. */
const resumedSettings = ({ settings, data }: CompareFile): CompareSettings =>
  ({ ...settings, base: { ...settings.base, ...(data && { trainSize: data.used }) } });

/** Of the npm package that brings WebGPU to Node; nothing where it is not found: then no device will open either. */
async function dawnVersion(): Promise<{ webgpu?: string }> {
  try {
    const text = await readFile(join(packageFolder('webgpu'), 'package.json'), 'utf8');
    return { webgpu: (JSON.parse(text) as { version: string }).version };
  } catch {
    return {};
  }
}

function checkOpen({ folder, file: { settings }, from: { runs } }: StoppedCompare): void {
  if (runs.every(({ isDone }) => isDone) && nextStage(settings, runs) === undefined) {
    throw new InputError(`The experiment in ${folder} is done: its results are in ${RESULTS} and ${PAGE}.`);
  }
}

function refuseChanges(command: Command): void {
  const fixed = [...COMPARE_OPTIONS, 'out'].find((name) => command.getOptionValueSource(name) === 'cli');
  if (fixed === undefined) return;
  const flag = command.options.find((option) => option.attributeName() === fixed)!.long;
  throw new InputError(`${flag} cannot be given with --resume: an experiment goes on as it was begun, in its own folder.`);
}
