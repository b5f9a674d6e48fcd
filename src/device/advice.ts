/** What is said where there is no adapter, and the one thing to try. Loaded only then. */

import type { AdapterReport } from './adapter.ts';
import type { Probe } from './probe.ts';

/** Nothing to ask for an adapter. */
export function noWebGpu(): Probe {
  const insecure = (globalThis as { isSecureContext?: boolean }).isSecureContext === false;
  return insecure
    ? {
        state: 'none',
        reason: 'This page is not a secure context, and WebGPU exists only in those.',
        fix: 'Serve the page over https, or from http://localhost.',
      }
    : {
        state: 'none',
        reason: 'This environment has no WebGPU (navigator.gpu is missing).',
        fix: 'Use a current Chrome, Edge, Safari or Firefox; on Linux start Chrome with --enable-unsafe-webgpu.',
      };
}

function noAdapterFix(inPage: boolean): string {
  if (inPage) return "Update the browser and the GPU's driver; chrome://gpu says what is blocked and why.";
  return typeof process !== 'undefined' && process.platform === 'linux' && process.arch === 'x64'
    ? "Install the GPU's Vulkan driver, or for a software adapter run: npm i @sparticuz/chromium"
    : "Install the GPU's driver, or run in a browser that has WebGPU.";
}

/** An adapter that computes on the CPU, refused or not. */
export const onlySoftware = (adapter: AdapterReport, software: 'never' | 'fallback' | 'only'): Probe => ({
  state: 'software',
  adapter,
  reason: `Only a software adapter was found: ${adapter.name}. It computes on the CPU.`,
  fix: software === 'never'
    ? "Pass { software: 'fallback' } to use it all the same, or install the GPU's driver."
    : "Install the GPU's driver (and on Linux its Vulkan library) for speed.",
});

/** WebGPU without an adapter. */
export const noAdapter = (inPage: boolean, reason = 'WebGPU is here, but it offers no adapter: no supported GPU driver was found.'): Probe =>
  ({ state: 'no-adapter', reason, fix: noAdapterFix(inPage) });

/** Node without Dawn. */
export const noPackage = (): Probe => ({
  state: 'none',
  reason: 'Node has no WebGPU of its own, and the package "webgpu" (Dawn) is not installed.',
  fix: 'Run: npm i webgpu',
});
