/** The benchmark in Deno, which has a WebGPU of its own (wgpu). Node only: it starts Deno. */
import { join } from 'node:path';
import { GradshaderError } from '../../errors.ts';
import type { BenchHost } from './host.ts';
import { benchFolder } from './page-host.ts';
import { hear, reportOf, type Ending } from './ending.ts';
import { findDeno, runChild } from './runtime.ts';

export interface DenoOptions {
  /** Use this Deno. */
  readonly runtimePath?: string;
}

export const denoHost = ({ runtimePath }: DenoOptions = {}): BenchHost => ({
  async run(options, events, signal) {
    const program = findDeno(runtimePath);
    let ending: Ending | undefined;
    const args = ['run', '--allow-all', '--no-check', '--quiet', join(benchFolder(), 'deno', 'deno.js'), JSON.stringify(options)];
    await runChild({
      program, args, signal,
      tell: ({ name, value }) => (name === 'ending' ? (ending = value as Ending) : hear(events, name, value)),
    });
    if (ending === undefined) throw new GradshaderError('runtime', `${program} ended without a report.`);
    return reportOf(ending);
  },
});
