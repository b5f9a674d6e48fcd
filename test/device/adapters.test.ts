/** Which adapters are called a GPU: those that are named as one, and no other. */
import { describe, expect, test } from 'vitest';
import { openDevice, probe } from '../../src/device/index.ts';
import { describeAdapter, type AdapterState } from '../../src/device/adapter.ts';
import { defaultSubmitMilliseconds } from '../../src/train/fit.ts';
import { classOf } from '../../src/train/traits.ts';
import { stubAdapter, stubGpu } from './stub.ts';

type Info = Partial<GPUAdapterInfo>;
const stateOf = (info: Info): AdapterState => describeAdapter(stubAdapter(info), info).state;

/**
 * As real ones speak. Chrome: vendor and architecture out of Dawn's gpu_info.json, in lower case with hyphens; Dawn in
 * Node: the device's name and the driver's description besides; Deno (wgpu): vendor and device as decimal PCI numbers;
 * Safari: "apple" and a Metal family.
 */
const GPUS: readonly Info[] = [
  { vendor: 'nvidia', architecture: 'turing' },
  { vendor: 'nvidia', architecture: 'lovelace', device: 'nvidia-h200', description: 'NVIDIA: 570.86.15 570.86.15.0' },
  { vendor: 'amd', architecture: 'rdna-2' },
  { vendor: 'amd', architecture: 'gcn-5', device: 'amd-radeon-graphics', description: 'radv: Mesa 25.2.1' },
  { vendor: 'intel', architecture: 'gen-12lp' },
  { vendor: 'intel', architecture: '' },
  { vendor: 'apple', architecture: 'common-3' },
  { vendor: 'apple', architecture: 'metal-3', device: '', description: 'Apple M2 Max' },
  { vendor: 'arm', architecture: 'valhall' },
  { vendor: 'qualcomm', architecture: 'adreno-7xx' },
  { vendor: 'img-tec', architecture: '' },
  { vendor: 'samsung', architecture: 'rdna-2', description: 'Samsung Xclipse 940' },
  { vendor: '4318', device: '7864', description: 'Tesla T4' },
  { vendor: '32902', device: '18086', description: 'Intel(R) Iris(R) Xe Graphics (TGL GT2)' },
  { vendor: '5348', device: '0', description: 'V3D 7.1.7' },
  { description: 'Mali-G78' },
  { description: 'PowerVR B-Series BXM-8-256' },
  { description: 'ANGLE (NVIDIA, NVIDIA GeForce RTX 3060, D3D11)' },
  { vendor: 'apple', description: 'Apple Paravirtual device' }, // a virtual machine's share of the real one
];

const SOFTWARE: readonly Info[] = [
  { vendor: 'google', architecture: 'swiftshader' },
  { vendor: 'google', architecture: 'swiftshader', device: 'SwiftShader Device (Subzero)', description: 'SwiftShader driver 5.0.0' },
  { vendor: 'mesa', architecture: 'software' }, // what Chrome calls llvmpipe
  { vendor: '65541', device: '0', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
  { vendor: 'microsoft', architecture: 'warp' },
  { vendor: 'microsoft', description: 'Microsoft Basic Render Driver' },
  { device: 'lavapipe' },
  { vendor: 'nvidia', isFallbackAdapter: true },
  // Drivers in layers name what lies below; CPUs have makers too.
  { description: 'Virtio-GPU Venus (llvmpipe (LLVM 17.0.6, 256 bits))' },
  { vendor: 'intel', description: 'cpu-haswell-Intel(R) Core(TM) i7-4770 CPU @ 3.40GHz' },
  { vendor: 'apple', description: 'Apple Software Renderer' },
  { vendor: 'amd', description: 'Software Rasterizer' },
];

/** Invented, and nothing that is known; browsers that keep names back say as little. */
const UNKNOWN: readonly Info[] = [
  {}, // Firefox
  { vendor: '', architecture: '', device: '', description: '' },
  { vendor: 'x' },
  { vendor: 'unknown' },
  { vendor: 'acme', architecture: 'anvil-1' },
  { vendor: '0' },
  { vendor: '57005', device: '48879' },
  { vendor: 'generic', description: 'Generic adapter' },
  { description: 'GPU' },
  { description: 'WebGPU adapter' },
  { description: 'graphics' },
  { description: 'Virtual Display Adapter' },
  { vendor: 'mesa' },
  { vendor: 'google' },
  { vendor: 'microsoft' },
  { description: 'null backend' },
  // Words that only hold a maker's name.
  { description: 'Armada pineapple intelligence, charming damdam' },
];

describe.each([['hardware', GPUS], ['software', SOFTWARE], ['unknown', UNKNOWN]] as const)('%s', (state, infos) => {
  test.each(infos.map((info) => [JSON.stringify(info), info] as const))('%s', (_, info) => {
    expect(stateOf(info)).toBe(state);
  });
});

test('an adapter without any info, and one whose own flag says software, as older browsers have it', async () => {
  expect(describeAdapter({ limits: {}, features: [] }, undefined)).toMatchObject({ state: 'unknown', name: 'unnamed adapter (of unknown kind)' });
  const old = { ...stubAdapter({ vendor: 'intel' }), isFallbackAdapter: true };
  expect(await probe({ gpu: stubGpu(old) })).toMatchObject({ state: 'software' });
  const bare = { ...stubAdapter({}), info: undefined } as unknown as GPUAdapter;
  expect(await probe({ gpu: stubGpu(bare) })).toMatchObject({ state: 'unknown' });
  expect(await probe({ gpu: stubGpu(bare), software: 'only' })).toMatchObject({ state: 'no-adapter' });
});

describe('one of unknown kind', () => {
  const gpu = stubGpu(stubAdapter({ vendor: 'acme' }));

  test('is found, and nothing is claimed of it', async () => {
    const found = await probe({ gpu });
    expect(found).toMatchObject({ state: 'unknown', fix: '', reason: 'Found acme (of unknown kind). It does not say whether it is a GPU.' });
    expect(`${found.adapter?.name} ${found.reason}`).not.toMatch(/hardware|software/);
  });

  test("is opened by 'never' and 'fallback', and is not what 'only' asks for", async () => {
    for (const software of ['never', 'fallback'] as const) await expect(openDevice({ gpu, software })).rejects.toThrow('driver is busy');
    await expect(openDevice({ gpu, software: 'only' })).rejects.toMatchObject({ code: 'no-device' });
  });

  test('gets short submits, and the plan of a GPU', () => {
    expect(defaultSubmitMilliseconds('unknown')).toBe(100);
    expect((['software', 'hardware', 'unknown'] as const).map(classOf)).toEqual(['software', 'hardware', 'hardware']);
  });
});

test("'only' refuses a GPU that is offered as the fallback adapter", async () => {
  const nvidia = stubAdapter({ vendor: 'nvidia' });
  expect(await probe({ gpu: stubGpu(nvidia, nvidia), software: 'only' })).toMatchObject({ state: 'no-adapter' });
});
