/** Finding an adapter in a page, a worker or Node, and saying in words what was found. */
import { GradshaderError } from '../errors.ts';
import { describeAdapter, isSoftware } from './adapter.ts';
import type { Probe } from './probe.ts';

/** Which adapters may be used. */
export interface FindOptions {
  /**
   * 'never' refuses software adapters, 'fallback' takes one where there is no hardware, 'only' takes nothing else.
   * Default: 'never' in `openDevice`, 'fallback' in `probe`.
   */
  readonly software?: 'never' | 'fallback' | 'only';
  /** Which GPU of a machine with two. Default 'high-performance'. */
  readonly powerPreference?: GPUPowerPreference;
  /** Use this `GPU` object instead of the environment's. */
  readonly gpu?: GPU;
  /** Node only: flags for Dawn, e.g. ['disable-dawn-features=timestamp_quantization'] for exact GPU times. */
  readonly dawnFlags?: readonly string[];
}

/** A probe together with the live adapter, when there is one that the options allow. */
export interface Found {
  readonly probe: Probe;
  readonly adapter?: GPUAdapter;
}

/** True in Node itself; false in Deno, which has a GPU of its own, and in the pages of Electron. */
export function isNode(): boolean {
  if (typeof process === 'undefined' || typeof process.versions?.node !== 'string') return false;
  return !('Deno' in globalThis) && (process as { type?: string }).type !== 'renderer';
}

function environmentGpu(): GPU | undefined {
  return typeof navigator === 'undefined' ? undefined : (navigator as { gpu?: GPU }).gpu;
}

/** Finds the best adapter the options allow. Never throws for want of one: that is a state of the probe. */
export async function findAdapter(options: FindOptions): Promise<Found> {
  const software = options.software ?? 'never';
  const powerPreference = options.powerPreference ?? 'high-performance';
  const gpu = options.gpu ?? environmentGpu();
  let adapter: GPUAdapter | null | 'no-package';
  try {
    if (gpu !== undefined) adapter = await requestPageAdapter(gpu, software, powerPreference);
    else if (isNode()) {
      const { requestNodeAdapter } = await import('./node.ts');
      adapter = await requestNodeAdapter({ software, powerPreference, dawnFlags: options.dawnFlags ?? [] });
    } else return { probe: (await import('./advice.ts')).noWebGpu() };
  } catch (error) {
    if (error instanceof GradshaderError) throw error;
    const { noAdapter } = await import('./advice.ts');
    return { probe: noAdapter(gpu !== undefined, `Asking for an adapter failed: ${error instanceof Error ? error.message : String(error)}.`) };
  }
  if (adapter !== null && adapter !== 'no-package') return judge(adapter, software);
  const { noAdapter, noPackage } = await import('./advice.ts');
  return { probe: adapter === null ? noAdapter(gpu !== undefined) : noPackage() };
}

async function requestPageAdapter(
  gpu: GPU,
  software: 'never' | 'fallback' | 'only',
  powerPreference: GPUPowerPreference,
): Promise<GPUAdapter | null> {
  const plain = (): Promise<GPUAdapter | null> => gpu.requestAdapter({ powerPreference });
  const fallback = (): Promise<GPUAdapter | null> => gpu.requestAdapter({ forceFallbackAdapter: true });
  if (software === 'never') return await plain();
  if (software === 'fallback') return (await plain()) ?? (await fallback());
  const forced = await fallback();
  if (forced !== null) return forced;
  // Mesa's software driver is not offered as a fallback adapter, only as a plain one.
  const only = await plain();
  return only !== null && isSoftware(only.info) ? only : null;
}

function judge(adapter: GPUAdapter, software: 'never' | 'fallback' | 'only'): Found {
  const report = describeAdapter(adapter, adapter.info);
  if (report.state === 'hardware') {
    return { adapter, probe: { state: 'hardware', adapter: report, reason: `Found ${report.name}.`, fix: '' } };
  }
  const reason = `Only a software adapter was found: ${report.name}. It computes on the CPU.`;
  const refused = "Pass { software: 'fallback' } to use it all the same, or install the GPU's driver.";
  const fix = software === 'never' ? refused : "Install the GPU's driver (and on Linux its Vulkan library) for speed.";
  const probe: Probe = { state: 'software', adapter: report, reason, fix };
  return software === 'never' ? { probe } : { adapter, probe };
}

/**
 * Says what this environment can compute on, without opening a device. Nothing is thrown for want of a GPU.
 * By default a software adapter is looked for too (`software: 'fallback'`).
 */
export async function probe(options: FindOptions = {}): Promise<Probe> {
  return (await findAdapter({ software: 'fallback', ...options })).probe;
}
