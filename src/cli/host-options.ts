/** Where a command runs, as options: the same on every command that has hosts. */
import { Option, type Command } from 'commander';
import { InputError } from '../errors.ts';
import type { ChromeOptions } from './chrome-host.ts';
import { HOSTS, type HostName } from './host.ts';

export interface HostOptions {
  readonly host?: HostName;
  readonly browser?: string;
  readonly headful?: boolean;
  readonly software?: boolean;
}

const HOST = 'Where it runs:';

export function addHostOptions(command: Command): Command {
  return command
    .addOption(new Option('--host <name>', 'this Node process, or headless Chrome').helpGroup(HOST).choices(HOSTS).default('node'))
    .addOption(new Option('--browser <path>', 'with --host chrome: use this Chrome, Edge or Chromium').helpGroup(HOST))
    .addOption(new Option('--headful', 'with --host chrome: show its window').helpGroup(HOST))
    .addOption(new Option('--software', 'use only a software adapter (the CPU), even where there is a GPU').helpGroup(HOST));
}

/** @throws InputError for options that the host does not have */
export function chromeOptionsOf(options: HostOptions, host: HostName): ChromeOptions {
  if (host !== 'chrome' && (options.browser !== undefined || options.headful === true)) {
    throw new InputError('--browser and --headful belong to --host chrome.');
  }
  return { headless: options.headful !== true, ...(options.browser !== undefined && { browserPath: options.browser }) };
}
