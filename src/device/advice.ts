/** What is said where there is no adapter, or none but a software one, and the one thing to try. Loaded only then. */

import { NoDeviceError } from '../errors.ts';
import { describeAdapter, type AdapterReport } from './adapter.ts';
import type { Missing } from './node.ts';
import type { Probe } from './probe.ts';

type Software = 'never' | 'fallback' | 'only';

const PASS_FALLBACK = "Pass { software: 'fallback' }";

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

/** An adapter that computes on the CPU, refused or not. */
export const onlySoftware = (adapter: AdapterReport, software: Software): Probe => ({
  state: 'software',
  adapter,
  reason: `Only a software adapter was found: ${adapter.name}. It computes on the CPU.`,
  fix: software === 'never'
    ? `${PASS_FALLBACK} to use it all the same, or install the GPU's driver.`
    : "Install the GPU's driver (and on Linux its Vulkan library) for speed.",
});

const NO_DRIVER = 'WebGPU is here, but it offers no adapter: no supported GPU driver was found.';
const noAdapter = (fix: string, reason = NO_DRIVER): Probe => ({ state: 'no-adapter', reason, fix });

const PAGE_FIX = "Update the browser and the GPU's driver; chrome://gpu says what is blocked and why.";

/** Whether the page's own software adapter, which was not asked for, would be there. */
async function hasSoftware(gpu: GPU): Promise<boolean> {
  try {
    const adapter = await gpu.requestAdapter({ forceFallbackAdapter: true });
    return adapter !== null && describeAdapter(adapter, adapter.info).state === 'software';
  } catch {
    return false;
  }
}

/** A page whose GPU object offers nothing that `software` allows. */
export async function noneInPage(gpu: GPU, software: Software): Promise<Probe> {
  if (software === 'only') return noAdapter("Leave out software: 'only' to use the GPU.", 'WebGPU is here, but it offers no software adapter.');
  if (software === 'never' && await hasSoftware(gpu)) return noAdapter(`${PASS_FALLBACK} to compute on the CPU all the same. ${PAGE_FIX}`);
  return noAdapter(PAGE_FIX);
}

const hasPackedDriver = (): boolean => process.platform === 'linux' && process.arch === 'x64';

function driverFix(software: Software): string {
  if (!hasPackedDriver()) return "Install the GPU's driver, or run in a browser that has WebGPU.";
  const pass = software === 'never' ? ` and pass { software: 'fallback' }` : '';
  return `Install the GPU's Vulkan driver, or for a software adapter${pass} run: npm i @sparticuz/chromium`;
}

const NONE_IN_NODE: Readonly<Record<Missing, (software: Software) => Probe>> = {
  'no-package': () => ({
    state: 'none',
    reason: 'Node has no WebGPU of its own, and the package "webgpu" (Dawn) is not installed.',
    fix: 'Run: npm i webgpu',
  }),
  'no-driver': (software) => noAdapter(driverFix(software)),
  'software-is-there': () => noAdapter(`${PASS_FALLBACK} to compute on the CPU with the software driver that is installed, or install the GPU's Vulkan driver.`),
  'copied-environment': () => noAdapter(
    "Open the device in the main thread or in a process of its own (in Vitest: pool: 'forks'), or start the worker with { env: SHARE_ENV } of node:worker_threads.",
    'The software driver of @sparticuz/chromium is installed, but this worker thread has a copy of the environment, and the Vulkan loader, which finds drivers by the environment, does not see it.',
  ),
};

/** Node without an adapter that `software` allows. */
export const noneInNode = (why: Missing, software: Software): Probe => NONE_IN_NODE[why](software);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** An adapter was asked for, and that failed. */
export const askingFailed = (inPage: boolean, error: unknown): Probe =>
  noAdapter(inPage ? PAGE_FIX : driverFix('fallback'), `Asking for an adapter failed: ${messageOf(error)}.`);

/** There was an adapter, and it gave no device. */
export const gaveNoDevice = ({ name }: AdapterReport, cause: unknown): NoDeviceError =>
  new NoDeviceError(`${name} gave no device: ${messageOf(cause)}.`, "Close other programs that use the GPU, or update its driver, and try again.", { cause });
