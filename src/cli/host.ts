/** The hosts by name. */
import { chromeHost, type ChromeOptions } from './chrome-host.ts';
import { readerOf } from './data.ts';
import { runSession, type Host } from './session.ts';

export const HOSTS = ['node', 'chrome'] as const;
export type HostName = (typeof HOSTS)[number];

/** This process, through Dawn. */
const nodeHost: Host = {
  run: (job, listener, signal) => runSession(job, readerOf(job.settings.data), listener, signal),
};

export const hostOf = (name: HostName, options: ChromeOptions): Host => (name === 'chrome' ? chromeHost(options) : nodeHost);
