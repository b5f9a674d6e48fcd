/**
 * Both WGSL compilers of the browsers accept every composed kernel: Tint (Chrome, Dawn) and naga (Firefox, wgpu); but
 * naga none that enables an extension, which only a device with the feature is given.
 */
import { NagaError, parseWgsl, validate } from 'naga-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from 'webgpu';
import { kernels } from '../../src/kernels/index.ts';
import { type Sample, samples } from './samples.ts';

test('every kernel has samples', () => {
  expect(new Set(samples.map(({ kernel }) => kernel))).toEqual(new Set(kernels.map(({ name }) => name)));
});

describe('naga', () => {
  const accept = (code: string): void => {
    try {
      validate(parseWgsl(code));
    } catch (error) {
      throw error instanceof NagaError ? new Error(error.formatted) : error;
    }
  };

  test('refuses what is not WGSL, and what is not valid', () => {
    expect(() => accept('fn f( {')).toThrow(Error);
    expect(() => accept('@group(0) @binding(0) var<storage, read> a: array<u32>;\n@compute @workgroup_size(1) fn main() { a[0] = 1u; }')).toThrow(Error);
  });

  test('what enables an extension are the products of shared loads', () => {
    const extended = samples.filter(({ extensions }) => extensions.length > 0);
    expect(extended.length).toBeGreaterThan(0);
    for (const { code, extensions } of extended) {
      expect(extensions).toEqual(['subgroups']);
      expect(code).toContain('quadBroadcast');
    }
    for (const { code } of samples.filter(({ extensions }) => extensions.length === 0)) expect(code).not.toMatch(/quadBroadcast|^enable /m);
  });

  test.each(samples.filter(({ extensions }) => extensions.length === 0))('$label', ({ code }) => accept(code));
});

describe('Tint', () => {
  // Dawn without a driver behind it: Tint and the validation of pipelines are all that runs.
  let dawn: GPU; // held: the device does not outlive it
  let plain: GPUDevice;
  let extended: GPUDevice;
  beforeAll(async () => {
    dawn = create(['backend=null']);
    plain = await (await dawn.requestAdapter())!.requestDevice(); // the specification's default limits, no features
    extended = await (await dawn.requestAdapter())!.requestDevice({ requiredFeatures: ['subgroups'] });
  });
  afterAll(() => {
    plain?.destroy();
    extended?.destroy();
  });

  const accept = async ({ label, code, bindings, extensions = [] }: Pick<Sample, 'label' | 'code' | 'bindings'> & Partial<Sample>): Promise<void> => {
    const gpu = extensions.length === 0 ? plain : extended;
    gpu.pushErrorScope('validation');
    const module = gpu.createShaderModule({ label, code });
    const entries = bindings.map(({ access }, binding): GPUBindGroupLayoutEntry => ({
      binding, visibility: 4,
      buffer: access === 'uniform'
        ? { type: 'uniform', hasDynamicOffset: true }
        : { type: access === 'read' ? 'read-only-storage' : 'storage' },
    }));
    const layout = gpu.createPipelineLayout({ bindGroupLayouts: [gpu.createBindGroupLayout({ entries })] });
    gpu.createComputePipeline({ label, layout, compute: { module } });
    expect((await gpu.popErrorScope())?.message).toBe(undefined);
    const { messages } = await module.getCompilationInfo();
    expect(Array.from(messages, ({ type, message, lineNum }) => `${type} in line ${lineNum}: ${message}`)).toEqual([]);
  };

  test('refuses what is not WGSL, and a binding whose access differs', async () => {
    await expect(accept({ label: 'broken', code: 'fn f( {', bindings: [] })).rejects.toThrow();
    const code = '@group(0) @binding(0) var<storage, read_write> a: array<u32>;\n@compute @workgroup_size(1) fn main() { a[0] = 1u; }';
    await accept({ label: 'right', code, bindings: [{ name: 'a', access: 'read-write' }] });
    await expect(accept({ label: 'wrong', code, bindings: [{ name: 'a', access: 'read' }] })).rejects.toThrow();
  });

  test.each(samples)('$label, without errors or warnings', accept);
});
