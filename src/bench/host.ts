/** Where the benchmark runs, as far as the host itself knows. No global is read before it is called. */

import type { HostReport } from './types.ts';

interface Globals {
  readonly navigator?: { readonly userAgent?: string; readonly platform?: string; readonly hardwareConcurrency?: number };
  readonly Deno?: { readonly version: { readonly deno: string }; readonly build: { readonly target: string } };
  readonly process?: { readonly version: string; readonly platform: string; readonly arch: string };
}

/** A browser is called by its user agent; the host that started it knows better and may say so. */
export function findHost(globals: Globals = globalThis as Globals): HostReport {
  const { navigator, Deno, process } = globals;
  const cores = navigator?.hardwareConcurrency ?? 1;
  if (Deno !== undefined) return { name: 'deno', version: `Deno ${Deno.version.deno}`, platform: Deno.build.target, cores };
  if (process?.version !== undefined) {
    return { name: 'node', version: `Node.js ${process.version}`, platform: `${process.platform} ${process.arch}`, cores };
  }
  const agent = navigator?.userAgent ?? '';
  return { name: /firefox/i.test(agent) ? 'firefox' : 'chrome', version: agent, platform: navigator?.platform ?? '', cores };
}
