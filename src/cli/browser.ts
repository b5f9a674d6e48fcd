/** Launching a headless browser that has WebGPU, with nothing installed by hand. Node only. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser } from 'puppeteer';
import { type AdapterReport, describeAdapter } from '../device/adapter.ts';
import { packedFolder } from '../device/packed.ts';
import { NoDeviceError } from '../errors.ts';
import { pathsOf } from './on-path.ts';

export interface LaunchBrowserOptions {
  /** Default true. A window needs an installed browser. */
  readonly headless?: boolean;
  /** Use this browser and no other. */
  readonly browserPath?: string;
  /** As in `openDevice`; default 'fallback'. */
  readonly software?: 'never' | 'fallback' | 'only';
}

export interface LaunchedBrowser {
  readonly browser: Browser;
  readonly adapterReport: AdapterReport;
  /** The program that runs. */
  readonly browserPath: string;
  /** What it was started with beyond the usual, so that headless it has WebGPU at all. */
  readonly switches: readonly string[];
  /**
   * Starts it once more, with the same switches and a new profile, and asks nothing of it: no page was open and no
   * adapter was looked for, so that all its caches are cold.
   */
  relaunch(): Promise<Browser>;
}

interface Candidate {
  readonly path: string;
  readonly packed: boolean;
  readonly env: Readonly<Record<string, string>>;
}

// Chrome's own switches. Chrome falls back to software without a word, so the adapter is looked at after launch.
const WEBGPU_FLAG = '--enable-unsafe-webgpu';
const HARDWARE_FLAGS =
  process.platform === 'linux'
    ? ['--use-gl=angle', '--use-angle=vulkan', '--enable-features=Vulkan', '--disable-vulkan-surface', '--ignore-gpu-blocklist']
    : ['--ignore-gpu-blocklist'];
const SOFTWARE_FLAGS = ['--use-webgpu-adapter=swiftshader', '--enable-unsafe-swiftshader'];

/**
 * Starts a browser that has shown a WebGPU adapter: an installed Chrome, Edge or Chromium, or else (Linux x64) the
 * Chromium inside the npm package @sparticuz/chromium. The machine's GPU is tried first, then software.
 *
 * Ctrl-C does not end it: the caller closes it when it has saved. It ends with this process.
 *
 * @throws NoDeviceError when there is no browser, or none shows an adapter that `software` allows.
 */
export async function launchBrowser(options: LaunchBrowserOptions = {}): Promise<LaunchedBrowser> {
  const software = options.software ?? 'fallback';
  const candidates = await findBrowsers(options);
  if (candidates.length === 0) throw new NoDeviceError('No Chrome, Edge or Chromium was found.', installAdvice());
  const flagSets = [
    ...(software === 'only' ? [] : [HARDWARE_FLAGS]),
    ...(software === 'never' ? [] : [SOFTWARE_FLAGS]),
  ];
  const refusals: string[] = [];
  for (const candidate of candidates) {
    for (const flags of flagSets) {
      const tried = await tryBrowser(candidate, flags, options.headless ?? true);
      if (typeof tried === 'string') refusals.push(`${candidate.path}: ${tried}`);
      else if (isAllowed(tried.adapterReport, software)) return tried;
      else {
        refusals.push(`${candidate.path}: only ${tried.adapterReport.name}`);
        await tried.browser.close();
      }
    }
  }
  const fix =
    software === 'never'
      ? "Install the GPU's driver, or pass { software: 'fallback' }."
      : 'Update the browser or name another one by its path.';
  throw new NoDeviceError(`No browser showed a usable WebGPU adapter:\n  ${refusals.join('\n  ')}\n`, fix);
}

export function isAllowed(report: AdapterReport, software: 'never' | 'fallback' | 'only'): boolean {
  if (software === 'fallback') return true;
  return (report.state === 'software') === (software === 'only');
}

/** Why not, in words, or the running browser. */
async function tryBrowser(
  candidate: Candidate,
  flags: readonly string[],
  headless: boolean,
): Promise<LaunchedBrowser | string> {
  let browser: Browser;
  try {
    browser = await start(candidate, flags, headless);
  } catch (error) {
    return `did not start: ${(error as Error).message.split('\n', 3).join(' ')}`;
  }
  try {
    const adapterReport = await showAdapter(browser);
    if (adapterReport !== undefined) {
      const switches = [WEBGPU_FLAG, ...flags];
      return { browser, adapterReport, browserPath: candidate.path, switches, relaunch: () => start(candidate, flags, headless) };
    }
    await browser.close();
    return `no WebGPU adapter with ${flags.join(' ')}`;
  } catch (error) {
    await browser.close();
    return (error as Error).message;
  }
}

async function start(candidate: Candidate, flags: readonly string[], headless: boolean): Promise<Browser> {
  const { default: puppeteer } = await import('puppeteer');
  // Chrome refuses to sandbox as root, and an unpacked one has no setuid helper. Only our own pages are opened.
  const unboxed = candidate.packed || (process.platform === 'linux' && process.getuid?.() === 0);
  return puppeteer.launch({
    executablePath: candidate.path,
    // The packed Chromium is the headless shell.
    headless: headless && candidate.packed ? 'shell' : headless,
    args: [WEBGPU_FLAG, ...flags, ...(unboxed ? ['--no-sandbox'] : [])],
    env: { ...process.env, ...candidate.env },
    // Over a pipe no port is open, and the browser ends when this process does, however that ends.
    pipe: true,
    // A training run is one long call into the page.
    protocolTimeout: 0,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}

/** Asks a page for its adapter. WebGPU exists only in secure contexts, and http://localhost is one. */
export async function showAdapter(browser: Browser): Promise<AdapterReport | undefined> {
  const page = await browser.newPage();
  try {
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      void request.respond({ status: 200, contentType: 'text/html', body: '<!doctype html><title>probe</title>' });
    });
    await page.goto('http://localhost/');
    const seen = await page.evaluate(async () => {
      const gpu = (navigator as { gpu?: GPU }).gpu;
      const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
      if (!adapter) return undefined;
      const limits: Record<string, number> = {};
      for (const key in adapter.limits) {
        const value: unknown = adapter.limits[key as keyof GPUSupportedLimits];
        if (typeof value === 'number') limits[key] = value;
      }
      const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
      const info = { vendor, architecture, device, description, isFallbackAdapter };
      return { info, limits, features: [...adapter.features] };
    });
    if (seen === undefined) return undefined;
    return describeAdapter({ limits: seen.limits, features: seen.features }, seen.info);
  } finally {
    await page.close();
  }
}

async function findBrowsers({ browserPath, headless = true }: LaunchBrowserOptions): Promise<Candidate[]> {
  if (browserPath !== undefined) {
    if (existsSync(browserPath)) return [{ path: browserPath, packed: false, env: {} }];
    throw new NoDeviceError(`There is no browser at ${browserPath}.`, 'Give the path of a Chrome, Edge or Chromium program.');
  }
  const installed = installedPaths().find((path) => existsSync(path));
  const found: Candidate[] = installed === undefined ? [] : [{ path: installed, packed: false, env: {} }];
  const packed = headless ? await packedBrowser() : undefined;
  return packed === undefined ? found : [...found, packed];
}

/** The npm package's Chromium with the libraries and fonts it may lack, for its environment only. */
async function packedBrowser(): Promise<Candidate | undefined> {
  const folder = await packedFolder('browser');
  if (folder === undefined) return undefined;
  const inherited = process.env['LD_LIBRARY_PATH'];
  const libraryPath = [join(folder, 'lib'), ...(inherited ? [inherited] : [])].join(delimiter);
  // fontconfig looks for fonts in $XDG_DATA_HOME/fonts too; without any font, pages have no text.
  return { path: join(folder, 'chromium'), packed: true, env: { LD_LIBRARY_PATH: libraryPath, XDG_DATA_HOME: folder } };
}

function installedPaths(): string[] {
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Microsoft Edge', 'Chromium', 'Google Chrome Canary'].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    );
  }
  if (process.platform === 'win32') {
    const roots = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map((key) => process.env[key] ?? '');
    const programs = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'];
    return programs.flatMap((program) => roots.filter((root) => root !== '').map((root) => join(root, program)));
  }
  return pathsOf(['google-chrome-stable', 'google-chrome', 'microsoft-edge-stable', 'microsoft-edge', 'chromium', 'chromium-browser']);
}

function installAdvice(): string {
  if (process.platform === 'darwin') return 'Run: brew install --cask google-chrome';
  if (process.platform === 'win32') return 'Run: winget install Google.Chrome';
  return process.arch === 'x64' ? 'Run: npm i @sparticuz/chromium' : 'Install Chromium with your package manager.';
}
