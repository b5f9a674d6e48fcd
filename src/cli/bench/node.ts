/** The benchmark in this very process, through Dawn. */

import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { findHost } from '../../bench/host.ts';
import { runBench } from '../../bench/run.ts';
import { packageFolder } from '../../data/node-files.ts';
import type { BenchHost } from './host.ts';

export const nodeHost = (): BenchHost => ({
  async run(options, events, signal) {
    const host = findHost();
    // Node tells the number of cores by its own module only.
    return runBench(options, events, signal, undefined, { ...host, version: `${host.version}${await dawnText()}`, cores: availableParallelism() });
  },
});

/** `, Dawn (webgpu 0.4.0)`; nothing where the package is not found: then no device opens either. */
async function dawnText(): Promise<string> {
  try {
    const { version } = JSON.parse(await readFile(join(packageFolder('webgpu'), 'package.json'), 'utf8')) as { version: string };
    return `, Dawn (webgpu ${version})`;
  } catch {
    return '';
  }
}
