/** What an adapter says about itself, as plain data. */

/**
 * `software` computes on the CPU: right numbers, but never a GPU measurement. `hardware` is a GPU known by its name.
 * `unknown` says nothing, as browsers may to protect their users, or nothing known: probably a GPU, and never called one.
 */
export type AdapterState = 'software' | 'hardware' | 'unknown';

/** A described adapter. `limits` and `features` are what it offers, not what a device was opened with. */
export interface AdapterReport {
  readonly state: AdapterState;
  /** One line for people, e.g. "SwiftShader driver 5.0.0 (google swiftshader, software)". */
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly limits: Readonly<Record<string, number>>;
  readonly features: readonly string[];
}

type Info = Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'device' | 'description'> & {
  readonly isFallbackAdapter?: boolean;
};

// Not every implementation flags its software adapter, so the names of all known ones are looked for too: SwiftShader
// (Chrome), llvmpipe and lavapipe (Mesa, whose architecture Chrome calls "software"), Basic Render Driver (Windows WARP).
// They win over a GPU's: a CPU has a maker too, and drivers in layers name what lies below ("Venus (llvmpipe)").
const SOFTWARE_NAMES = /swiftshader|llvmpipe|lavapipe|softpipe|swrast|basic render|\b(warp|cpu)\b|^software$|software r(ender|aster)/im;

// Vendors as Chrome and Dawn have them (gpu_info.json there), and what else drivers call GPUs of theirs.
const GPU_NAMES =
  /\b(nvidia|geforce|quadro|tesla|[rg]tx|amd|radeon|radv|intel|apple|qualcomm|adreno|arm|mali|immortalis|img[- ]?tec|imagination|powervr|samsung|xclipse|broadcom|videocore|v3d|huawei|maleoon|vivante|moore threads)\b/i;

function stateOf(words: string, isFallbackAdapter: boolean | undefined): AdapterState {
  if (isFallbackAdapter === true || SOFTWARE_NAMES.test(words)) return 'software';
  return GPU_NAMES.test(words) ? 'hardware' : 'unknown';
}

/** An adapter, a device, or what a page reported about one. */
export interface AdapterSource {
  readonly limits: GPUSupportedLimits | Readonly<Record<string, number>>;
  readonly features: Iterable<string>;
  /** Here in older browsers, in `info` since. */
  readonly isFallbackAdapter?: boolean;
}

/** The limits as plain numbers; they are getters on the prototype, which spreading would miss. */
function plainLimits(limits: AdapterSource['limits']): Record<string, number> {
  const plain: Record<string, number> = {};
  for (const key in limits) {
    const value: unknown = (limits as Record<string, unknown>)[key];
    if (typeof value === 'number') plain[key] = value;
  }
  return plain;
}

/** Describes an adapter, or the adapter behind a caller's device. Missing words become ''. */
export function describeAdapter(
  source: AdapterSource,
  info: Partial<Info> | undefined,
): AdapterReport {
  const words = {
    vendor: info?.vendor ?? '',
    architecture: info?.architecture ?? '',
    device: info?.device ?? '',
    description: info?.description ?? '',
  };
  const state = stateOf(Object.values(words).join('\n'), info?.isFallbackAdapter ?? source.isFallbackAdapter);
  const family = [words.vendor, words.architecture].filter((word) => word !== '').join(' ');
  const title = words.description || words.device || family || 'unnamed adapter';
  const detail = [title === family ? '' : family, state === 'unknown' ? 'of unknown kind' : state].filter((word) => word !== '').join(', ');
  return {
    state,
    name: `${title} (${detail})`,
    ...words,
    limits: plainLimits(source.limits),
    features: [...source.features].toSorted(),
  };
}

// Speed only: no kernel needs more than the specification's defaults.
const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
] as const;

// `subgroups`: threads of a quad share what they load (shaders/lib/quad-rows.wgsl).
const WANTED_FEATURES: readonly GPUFeatureName[] = ['subgroups'];

/** A device descriptor that asks for the larger limits and the useful features the adapter offers. */
export function largestDescriptor(adapter: GPUAdapter): GPUDeviceDescriptor {
  const requiredLimits: Record<string, number> = {};
  for (const key of WANTED_LIMITS) {
    const offered: number | undefined = adapter.limits[key];
    if (offered !== undefined) requiredLimits[key] = offered;
  }
  const requiredFeatures = WANTED_FEATURES.filter((name) => adapter.features.has(name));
  return { label: 'gradshader', requiredLimits, requiredFeatures };
}
