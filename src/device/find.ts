/** Finding an adapter in a page, a worker or Node, and saying in words what was found. */
import { GradshaderError } from '../errors.ts';
import { isNode } from '../host.ts';
import { checkOptions, demand, demandOneOf, isListOf } from '../options.ts';
import { describeAdapter } from './adapter.ts';
import type { Missing } from './node.ts';
import type { Probe } from './probe.ts';

/** Which adapters may be used. */
export interface FindOptions {
  /**
   * 'never' refuses adapters that are known to be software, 'fallback' takes one where there is no other, 'only' takes
   * nothing else. One of unknown kind is taken by the first two: it is probably a GPU whose name the browser keeps back.
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

/** Their names. */
export const FIND_OPTIONS = ['software', 'powerPreference', 'gpu', 'dawnFlags'] as const;

/** @throws InputError */
export function checkFindOptions(where: string, { software, powerPreference, gpu, dawnFlags }: FindOptions): void {
  if (software !== undefined) demandOneOf(`${where}: software`, software, ['never', 'fallback', 'only']);
  if (powerPreference !== undefined) demandOneOf(`${where}: powerPreference`, powerPreference, ['low-power', 'high-performance']);
  demand(gpu === undefined || typeof gpu?.requestAdapter === 'function', `${where}: gpu`, "a GPU object, such as navigator.gpu", gpu);
  const areTexts = dawnFlags === undefined || isListOf(dawnFlags, (flag) => typeof flag === 'string');
  demand(areTexts, `${where}: dawnFlags`, 'a list of texts', dawnFlags);
}

/** A probe together with the live adapter, when there is one that the options allow. */
export interface Found {
  readonly probe: Probe;
  readonly adapter?: GPUAdapter;
}

function environmentGpu(): GPU | undefined {
  return typeof navigator === 'undefined' ? undefined : (navigator as { gpu?: GPU }).gpu;
}

/** Finds the best adapter the options allow. Never throws for want of one: that is a state of the probe. */
export async function findAdapter(options: FindOptions): Promise<Found> {
  const software = options.software ?? 'never';
  const powerPreference = options.powerPreference ?? 'high-performance';
  const gpu = options.gpu ?? environmentGpu();
  let adapter: GPUAdapter | Missing | null;
  try {
    if (gpu !== undefined) adapter = await requestPageAdapter(gpu, software, powerPreference);
    else if (isNode()) {
      const { requestNodeAdapter } = await import('./node.ts');
      adapter = await requestNodeAdapter({ software, powerPreference, dawnFlags: options.dawnFlags ?? [] });
    } else return { probe: (await import('./advice.ts')).noWebGpu() };
  } catch (error) {
    if (error instanceof GradshaderError) throw error;
    return { probe: (await import('./advice.ts')).askingFailed(gpu !== undefined, error) };
  }
  if (typeof adapter === 'object' && adapter !== null) return judge(adapter, software);
  const { noneInNode, noneInPage } = await import('./advice.ts');
  return { probe: adapter === null ? await noneInPage(gpu!, software) : noneInNode(adapter, software) };
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
  // Mesa's software driver is not offered as a fallback adapter, only as a plain one.
  for (const ask of [fallback, plain]) {
    const adapter = await ask();
    if (adapter !== null && describeAdapter(adapter, adapter.info).state === 'software') return adapter;
  }
  return null;
}

async function judge(adapter: GPUAdapter, software: 'never' | 'fallback' | 'only'): Promise<Found> {
  const report = describeAdapter(adapter, adapter.info);
  if (report.state !== 'software') {
    const doubt = report.state === 'unknown' ? ' It does not say whether it is a GPU.' : '';
    return { adapter, probe: { state: report.state, adapter: report, reason: `Found ${report.name}.${doubt}`, fix: '' } };
  }
  const probe = (await import('./advice.ts')).onlySoftware(report, software);
  return software === 'never' ? { probe } : { adapter, probe };
}

/**
 * Says what this environment can compute on, without opening a device. Nothing is thrown for want of a GPU.
 * By default a software adapter is looked for too (`software: 'fallback'`).
 */
export async function probe(options: FindOptions = {}): Promise<Probe> {
  checkFindOptions('probe', checkOptions('probe', options, FIND_OPTIONS));
  return (await findAdapter({ software: 'fallback', ...options })).probe;
}
