/** `gradshader probe`. */
import { type AdapterReport, type Probe, probe } from '../device/index.ts';
import { launchBrowser } from './browser.ts';
import type { ChromeOptions } from './chrome-host.ts';
import type { HostName } from './host.ts';
import { formatCount } from './table.ts';

/** Looks for an adapter and says what was found, with a line break at the end. @throws NoDeviceError (chrome) */
export async function runProbe(host: HostName, software: 'fallback' | 'only', chrome: ChromeOptions): Promise<string> {
  if (host === 'node') return formatProbe(await probe({ software }));
  const { browser, adapterReport, browserPath } = await launchBrowser({ ...chrome, software });
  const program = `${await browser.version()}, ${browserPath}`;
  await browser.close();
  return formatProbe({ state: adapterReport.state, adapter: adapterReport, reason: '', fix: '' }, program);
}

/** A probe as text. @param browser what the adapter was found in, if not in Node */
export function formatProbe({ state, adapter, reason, fix }: Probe, browser?: string): string {
  const lines = [
    `state     ${state}`,
    ...(browser === undefined ? [] : [`browser   ${browser}`]),
    ...(adapter === undefined ? [] : adapterLines(adapter)),
    ...(reason === '' ? [] : [`reason    ${reason}`]),
    ...(fix === '' ? [] : [`to do     ${fix}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function adapterLines({ name, vendor, architecture, device, description, features, limits }: AdapterReport): string[] {
  const words = Object.entries({ vendor, architecture, device, description }).filter(([, word]) => word !== '');
  const width = Math.max(...Object.keys(limits).map((key) => key.length));
  return [
    `adapter   ${name}`,
    ...words.map(([key, word]) => `  ${key.padEnd(14)}${word}`),
    `features  ${features.join(', ') || 'none'}`,
    'limits',
    ...Object.entries(limits).map(([key, value]) => `  ${key.padEnd(width)}  ${formatCount(value)}`),
  ];
}
