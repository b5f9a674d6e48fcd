import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { openDevice, probe } from '../../src/device/index.ts';
import { NoDeviceError } from '../../src/errors.ts';
import { bundle } from '../hosts/bundle.ts';
import { stubAdapter, stubGpu } from './stub.ts';

const nvidia = stubAdapter({ vendor: 'nvidia', architecture: 'turing', description: 'NVIDIA T4' });
const swiftshader = stubAdapter({ vendor: 'google', architecture: 'swiftshader' });

describe('probe', () => {
  test('hardware: nothing to fix, and the report is plain data', async () => {
    const result = await probe({ gpu: stubGpu(nvidia) });
    expect(result).toMatchObject({ state: 'hardware', fix: '' });
    expect(result.adapter).toEqual({
      state: 'hardware',
      name: 'NVIDIA T4 (nvidia turing, hardware)',
      vendor: 'nvidia',
      architecture: 'turing',
      device: '',
      description: 'NVIDIA T4',
      limits: { maxBufferSize: 268435456 },
      features: ['timestamp-query'],
    });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test.each([
    ['flagged by the browser', { vendor: 'x', isFallbackAdapter: true }],
    ['SwiftShader', { architecture: 'swiftshader' }],
    ['llvmpipe', { description: 'llvmpipe (LLVM 15.0.6, 256 bits)' }],
    ['lavapipe', { device: 'lavapipe' }],
    ['Windows', { description: 'Microsoft Basic Render Driver' }],
  ])('software: %s', async (_, info) => {
    const result = await probe({ gpu: stubGpu(stubAdapter(info)) });
    expect(result.state).toBe('software');
    expect(result.adapter?.state).toBe('software');
    expect(result.reason).toContain('software adapter');
    expect(result.fix).not.toBe('');
  });

  test('no-adapter: requestAdapter gives null', async () => {
    const result = await probe({ gpu: stubGpu(null) });
    expect(result.state).toBe('no-adapter');
    expect(result.adapter).toBeUndefined();
    expect(result.fix).not.toBe('');
  });

  test('no-adapter: requestAdapter throws, and the reason carries its words', async () => {
    const gpu = { requestAdapter: () => Promise.reject(new Error('blocked by policy')) } as unknown as GPU;
    const result = await probe({ gpu });
    expect(result.state).toBe('no-adapter');
    expect(result.reason).toContain('blocked by policy');
  });

  test("'fallback' takes the browser's software adapter only where there is no hardware", async () => {
    expect((await probe({ gpu: stubGpu(null, swiftshader) })).state).toBe('software');
    expect((await probe({ gpu: stubGpu(nvidia, swiftshader) })).state).toBe('hardware');
    expect((await probe({ gpu: stubGpu(nvidia, swiftshader), software: 'only' })).state).toBe('software');
    expect((await probe({ gpu: stubGpu(nvidia), software: 'only' })).state).toBe('no-adapter');
    expect((await probe({ gpu: stubGpu(null, swiftshader), software: 'never' })).state).toBe('no-adapter');
  });

  test('in Node without a GPU object it finds what openDevice then opens', async () => {
    const result = await probe();
    expect(['software', 'hardware']).toContain(result.state);
    const device = await openDevice({ software: 'fallback' });
    expect(device.adapter.name).toBe(result.adapter?.name);
    await device.close();
  });
});

describe('openDevice refuses', () => {
  test('a software adapter unless allowed, saying how to allow it', async () => {
    const refused = openDevice({ gpu: stubGpu(swiftshader) });
    await expect(refused).rejects.toBeInstanceOf(NoDeviceError);
    await expect(refused).rejects.toThrow("software: 'fallback'");
  });

  test('where there is no adapter', async () => {
    await expect(openDevice({ gpu: stubGpu(null) })).rejects.toMatchObject({ code: 'no-device' });
  });

  test('an adapter that gives no device, with its words and name', async () => {
    const refused = openDevice({ gpu: stubGpu(nvidia) });
    await expect(refused).rejects.toBeInstanceOf(NoDeviceError);
    await expect(refused).rejects.toThrow(/NVIDIA T4.*driver is busy/);
  });
});

describe('the library in environments without anything', () => {
  const inside = async (globals: object): Promise<{ state: string; reason: string; fix: string }> => {
    // No external modules: a static import of a Node module would make this bundle fail.
    const code = await bundle('src/device/index.ts', { format: 'iife', globalName: 'gradshader' });
    return (await runInNewContext(`${code}; gradshader.probe()`, globals)) as never;
  };

  test('imports and probes with no globals at all: none', async () => {
    expect(await inside({})).toMatchObject({ state: 'none', reason: expect.stringContaining('navigator.gpu') });
  });

  test('an insecure page is told why', async () => {
    const result = await inside({ navigator: {}, isSecureContext: false });
    expect(result.state).toBe('none');
    expect(result.fix).toContain('https');
  });

  test('in Node without the optional packages: none, with the command that installs one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradshader-bare-'));
    try {
      const script = join(folder, 'bare.mjs');
      const program = 'console.log(JSON.stringify(await probe()));';
      writeFileSync(script, `${await bundle('src/device/index.ts')}\n${program}`);
      const result = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' })) as object;
      expect(result).toMatchObject({ state: 'none', fix: 'Run: npm i webgpu' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
