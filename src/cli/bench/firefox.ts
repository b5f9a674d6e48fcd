/** Launching a headless Firefox that has WebGPU. Node only. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Browser } from 'puppeteer';
import { packedFolder } from '../../device/packed.ts';
import { NoDeviceError } from '../../errors.ts';
import { isAllowed, type LaunchBrowserOptions, type LaunchedBrowser, showAdapter } from '../browser.ts';
import { pathsOf } from '../on-path.ts';

/** On Linux Firefox keeps WebGPU behind a preference, and drivers it does not know behind another. */
export const FIREFOX_PREFERENCES = { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true } as const;

type Environment = Readonly<Record<string, string>>;

/**
 * Starts an installed Firefox that has shown a WebGPU adapter: on the machine's own driver, or else on the software
 * driver out of the npm package @sparticuz/chromium (Linux x64).
 * @throws NoDeviceError when there is no Firefox, or it shows no adapter that `software` allows
 */
export async function launchFirefox({ browserPath, software = 'fallback' }: LaunchBrowserOptions = {}): Promise<LaunchedBrowser> {
  const path = findFirefox(browserPath);
  const packed = software === 'never' ? undefined : await packedDriver();
  const environments = [...(software === 'only' && packed !== undefined ? [] : [{}]), ...(packed === undefined ? [] : [packed])];
  const refusals: string[] = [];
  for (const environment of environments) {
    const launch = (): Promise<Browser> => start(path, environment);
    const browser = await launch();
    let refusal = 'no adapter';
    const adapterReport = await showAdapter(browser).catch((error: Error) => {
      refusal = error.message;
      return undefined;
    });
    if (adapterReport !== undefined && isAllowed(adapterReport, software)) {
      const switches = Object.entries(FIREFOX_PREFERENCES).map(([name, value]) => `${name}=${value}`);
      return { browser, adapterReport, browserPath: path, switches, relaunch: launch };
    }
    refusals.push(adapterReport === undefined ? refusal : `only ${adapterReport.name}`);
    await browser.close();
  }
  throw new NoDeviceError(`${path} showed ${refusals.join(', then ')}.`, "Install the GPU's Vulkan driver, or use --host chrome.");
}

/** @throws NoDeviceError */
function findFirefox(browserPath: string | undefined): string {
  const candidates = browserPath === undefined ? installedPaths() : [browserPath];
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  const what = browserPath === undefined ? 'No Firefox was found.' : `There is no browser at ${browserPath}.`;
  throw new NoDeviceError(what, 'Install Firefox (https://www.mozilla.org/firefox/), or give the path of its program with --browser.');
}

function installedPaths(): string[] {
  if (process.platform === 'darwin') return ['/Applications/Firefox.app/Contents/MacOS/firefox'];
  if (process.platform === 'win32') {
    return ['PROGRAMFILES', 'PROGRAMFILES(X86)'].flatMap((key) => {
      const root = process.env[key];
      return root === undefined ? [] : [join(root, 'Mozilla Firefox', 'firefox.exe')];
    });
  }
  return pathsOf(['firefox', 'firefox-esr']);
}

/** The packed Vulkan loader and SwiftShader, for the browser's environment only. */
async function packedDriver(): Promise<Environment | undefined> {
  const folder = await packedFolder('swiftshader');
  if (folder === undefined) return undefined;
  const inherited = process.env['LD_LIBRARY_PATH'];
  const driver = join(folder, 'vk_swiftshader_icd.json');
  return {
    LD_LIBRARY_PATH: [...(inherited ? [inherited] : []), folder].join(delimiter),
    VK_ICD_FILENAMES: driver,
    VK_DRIVER_FILES: driver,
  };
}

async function start(path: string, environment: Environment): Promise<Browser> {
  const { default: puppeteer } = await import('puppeteer');
  try {
    return await puppeteer.launch({
      browser: 'firefox',
      executablePath: path,
      headless: true,
      extraPrefsFirefox: FIREFOX_PREFERENCES,
      env: { ...process.env, ...environment },
      protocolTimeout: 0,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (error) {
    const reason = (error as Error).message.split('\n', 3).join(' ');
    throw new NoDeviceError(`${path} did not start: ${reason}`, 'Give the path of a Firefox program with --browser.', { cause: error });
  }
}
