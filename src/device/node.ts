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
  const { env } = process;
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

/** Runs `work` with environment variables set, and puts the old ones back: a browser started later reads them too. */
async function withEnvironment<T>(variables: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const before = Object.keys(variables).map((key) => [key, process.env[key]] as const);
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const [key, value] of before) {
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    }
  }
}

/**
 * The best adapter by the order: the machine's own, then the packed SwiftShader unless `software` is 'never'.
 * @returns 'no-package' when `webgpu` is not installed, null when there is no adapter.
 */
export async function requestNodeAdapter(search: NodeSearch): Promise<GPUAdapter | null | 'no-package'> {
  const dawn = await loadDawn();
  if (dawn === undefined) return 'no-package';
  const packed = await packedFolder('swiftshader');
  // Without any Vulkan loader Dawn would only print a warning. The packed one also finds the machine's own drivers.
  const hasLoader =
    process.platform !== 'linux' ||
    loadLibrary('libvulkan.so.1') ||
    (packed !== undefined && loadLibrary(`${packed}/libvulkan.so.1`));
  if (!hasLoader) return null;
  const { powerPreference, dawnFlags } = search;
  if (search.software !== 'only' && (process.platform !== 'linux' || hasVulkanDriver())) {
    const own = await instance(dawn, 'own', dawnFlags).requestAdapter({ powerPreference });
    if (own !== null) return own;
  }
  if (search.software === 'never' || packed === undefined) return null;
  return await withEnvironment(packedDriver(packed), () => instance(dawn, 'swiftshader', dawnFlags).requestAdapter());
}
