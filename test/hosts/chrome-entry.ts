/** The page's side of in-chrome.ts: the same cases on a device of the browser's. */
import { type Device, openDevice } from '../../src/device/index.ts';
import { cases } from '../cases/index.ts';
import type { CaseResult, ChromeHost } from './chrome-host.ts';

let device: Device | undefined;

const host: ChromeHost = {
  names: () => cases.map((one) => one.name),
  async open() {
    device = await openDevice({ software: 'fallback' });
    return { name: device.adapter.name, offered: device.adapter.features, features: [...device.gpu.features] };
  },
  async run(name): Promise<CaseResult> {
    const lines: string[] = [];
    const one = cases.find((candidate) => candidate.name === name);
    try {
      if (one === undefined) throw new Error(`The page has no case "${name}".`);
      if (device === undefined) throw new Error('The page has no device.');
      await one.run(device, (line) => lines.push(line));
      return { name, ok: true, lines };
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { name, ok: false, lines, error: text };
    }
  },
  async close() {
    await device?.close();
  },
};

(globalThis as { host?: ChromeHost }).host = host;
