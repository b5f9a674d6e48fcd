/**
 * Node only: adapters through Dawn (the npm package `webgpu`), on the machine's own GPU or on the software driver
 * SwiftShader that the npm package @sparticuz/chromium carries.
 */
import { packedDriver, packedFolder } from './packed.ts';

/** Where to look. `dawnFlags` are passed to Dawn's `create`, e.g. 'disable-dawn-features=timestamp_quantization'. */
export interface NodeSearch {
  readonly software: 'never' | 'fallback' | 'only';
  readonly powerPreference: GPUPowerPreference;
  readonly dawnFlags: readonly string[];
}

/**
 * Why there is none: Dawn is not installed; no driver; only the packed software driver, and `software` is 'never'; that
 * driver asked for, but in a worker thread, whose environment is a copy that the Vulkan loader does not read.
 */
export type Missing = 'no-package' | 'no-driver' | 'software-is-there' | 'copied-environment';

type Dawn = { create(flags: readonly string[]): GPU };

/**
 * Dawn instances by driver and flags, made on first use and kept for the life of the process.
 * This is the one module-level state of the library, and it must be: Dawn crashes when an instance is collected
 * while objects made from it live, and may hang or crash at exit when one was dropped
 * (github.com/dawn-gpu/node-webgpu issues 17 and 18). An instance holds no device and keeps no process alive.
 */
const instances = new Map<string, GPU>();

function instance(dawn: Dawn, driver: string, flags: readonly string[]): GPU {
  const key = JSON.stringify([driver, ...flags]);
  const known = instances.get(key);
  if (known !== undefined) return known;
  const made = dawn.create(flags);
  instances.set(key, made);
  return made;
}

/** Dawn, or undefined when the optional package is not installed. */
async function loadDawn(): Promise<Dawn | undefined> {
  // A name in a variable is left alone by bundlers: browsers never get here and need not have the package.
  const name: string = 'webgpu';
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as Dawn;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/**
 * Loads a shared library into the process for good, so that Dawn finds it under its plain name.
 * `process.dlopen` is meant for addons: it always throws "did not self-register" for other libraries, but with
 * RTLD_NODELETE (0x1000 on Linux) the library stays.
 */
function loadLibrary(path: string): boolean {
  const { constants } = process.getBuiltinModule('node:os');
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | 0x1000);
    return true;
  } catch (error) {
    return (error as Error).message.includes('did not self-register');
  }
}

/**
 * True when the Vulkan loader has a driver's manifest to find, by its documented search on Linux. Where there is
 * none, asking Dawn would only print warnings that look like failures.
 */
function hasVulkanDriver(): boolean {
  const { env } = process.getBuiltinModule('node:process');
  if (env['VK_DRIVER_FILES'] || env['VK_ICD_FILENAMES'] || env['VK_ADD_DRIVER_FILES']) return true;
  const { readdirSync } = process.getBuiltinModule('node:fs');
  const { homedir } = process.getBuiltinModule('node:os');
  const roots = [
    env['XDG_CONFIG_HOME'] ?? `${homedir()}/.config`,
    ...(env['XDG_CONFIG_DIRS'] ?? '/etc/xdg').split(':'),
    '/etc',
    '/usr/local/etc',
    env['XDG_DATA_HOME'] ?? `${homedir()}/.local/share`,
    ...(env['XDG_DATA_DIRS'] ?? '/usr/local/share:/usr/share').split(':'),
  ];
  return roots.some((root) => {
    try {
      return readdirSync(`${root}/vulkan/icd.d`).some((file) => file.endsWith('.json'));
    } catch {
      return false;
    }
  });
}

/**
 * Runs `work` with environment variables set, and puts the old ones back: a browser started later reads them too.
 * Those of the process itself: where tests are given a copy of `process` (Jest), a driver would not see what is set there.
 */
async function withEnvironment<T>(variables: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const { env } = process.getBuiltinModule('node:process');
  const before = Object.keys(variables).map((key) => [key, env[key]] as const);
  Object.assign(env, variables);
  try {
    return await work();
  } finally {
    for (const [key, value] of before) {
      if (value === undefined) delete env[key];
      else env[key] = value;
    }
  }
}

/**
 * The best adapter by the order: the machine's own, then the packed SwiftShader unless `software` is 'never'.
 * @returns the adapter, or why there is none
 */
export async function requestNodeAdapter(search: NodeSearch): Promise<GPUAdapter | Missing> {
  const dawn = await loadDawn();
  if (dawn === undefined) return 'no-package';
  const packed = await packedFolder('swiftshader');
  // Without any Vulkan loader Dawn would only print a warning. The packed one also finds the machine's own drivers.
  const hasLoader =
    process.platform !== 'linux' ||
    loadLibrary('libvulkan.so.1') ||
    (packed !== undefined && loadLibrary(`${packed}/libvulkan.so.1`));
  if (!hasLoader) return 'no-driver';
  const { powerPreference, dawnFlags } = search;
  if (search.software !== 'only' && (process.platform !== 'linux' || hasVulkanDriver())) {
    const own = await instance(dawn, 'own', dawnFlags).requestAdapter({ powerPreference });
    if (own !== null) return own;
  }
  if (packed === undefined) return 'no-driver';
  if (search.software === 'never') return 'software-is-there';
  const adapter = await withEnvironment(packedDriver(packed), () => instance(dawn, 'swiftshader', dawnFlags).requestAdapter());
  const { isMainThread } = process.getBuiltinModule('node:worker_threads');
  return adapter ?? (isMainThread ? 'no-driver' : 'copied-environment');
}

const PAUSE_MILLISECONDS = 1;

/**
 * Awaits `work` that ends by a mapping. Dawn asks the driver in every turn of the event loop while a mapping is pending,
 * and so takes a core away from a software adapter: a pause of a millisecond a turn leaves it to the adapter.
 */
export async function withPauses<T>(work: Promise<T>): Promise<T> {
  const { setImmediate } = process.getBuiltinModule('node:timers'); // no global in tests that imitate a page
  const cell = new Int32Array(new SharedArrayBuffer(4));
  let isPending = true;
  const pause = (): void => {
    Atomics.wait(cell, 0, 0, PAUSE_MILLISECONDS);
    if (isPending) setImmediate(pause);
  };
  setImmediate(pause);
  try {
    return await work;
  } finally {
    isPending = false;
  }
}
