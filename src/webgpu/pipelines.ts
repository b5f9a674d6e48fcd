/** Pipelines, layouts and bind groups. Equal shader texts share one pipeline, equal kinds of bindings one layout. */

import { GradshaderError, ShaderError } from '../errors.ts';
import type { Dispatch, PlannedBinding } from '../scheduler/dispatch.ts';
import type { Plan } from '../scheduler/plan.ts';
import type { Buffers } from './buffers.ts';
import { SHADER_STAGE_COMPUTE } from './flags.ts';
import { wgslOf } from './wgsl.ts';

/** A dispatch, ready to be encoded. */
export interface ReadyDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly grid: Dispatch['grid'];
}

export type Accesses = readonly Pick<PlannedBinding, 'access'>[];

/** Layouts are explicit, so that the driver itself refuses a binding that the kernel's file says otherwise. */
export const layoutEntries = (bindings: Accesses): GPUBindGroupLayoutEntry[] =>
  bindings.map(({ access }, binding) => ({
    binding,
    visibility: SHADER_STAGE_COMPUTE,
    buffer:
      access === 'uniform'
        ? { type: 'uniform', hasDynamicOffset: true }
        : { type: access === 'read' ? 'read-only-storage' : 'storage' },
  }));

export class Pipelines {
  readonly #buffers: Buffers;
  readonly #rowBytes: number;
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  /** @param rowBytes of one step's rows: the size of the uniform binding */
  constructor(buffers: Buffers, rowBytes: number) {
    this.#buffers = buffers;
    this.#rowBytes = rowBytes;
  }

  /** Compiles what is new and makes the bind groups. The plan's buffers are there. */
  async load({ name, dispatches }: Plan): Promise<ReadyDispatch[]> {
    const codes = dispatches.map(wgslOf);
    const fresh = [...new Set(codes)].filter((code) => !this.#pipelines.has(code));
    await Promise.all(fresh.map((code) => this.#compile(code, dispatches[codes.indexOf(code)]!)));
    return this.#buffers.device.checked(`the bind groups of ${name}`, () =>
      dispatches.map((dispatch, i) => ({
        pipeline: this.#pipelines.get(codes[i]!)!,
        group: this.#bind(dispatch),
        grid: dispatch.grid,
      })),
    );
  }

  async #compile(code: string, { kernel, bindings }: Dispatch): Promise<void> {
    const { gpu, pipelineMode } = this.#buffers.device;
    try {
      const pipeline = await this.#buffers.device.checked(kernel, () => {
        const layout = gpu.createPipelineLayout({ label: kernel, bindGroupLayouts: [this.#layout(kernel, bindings)] });
        const module = gpu.createShaderModule({ label: kernel, code });
        const descriptor = { label: kernel, layout, compute: { module } };
        return pipelineMode === 'async'
          ? gpu.createComputePipelineAsync(descriptor)
          : gpu.createComputePipeline(descriptor);
      });
      this.#pipelines.set(code, pipeline);
    } catch (error) {
      if (!(error instanceof GradshaderError) || error.code !== 'validation') throw error;
      throw new ShaderError(kernel, error.message, { cause: error });
    }
  }

  #layout(label: string, bindings: Accesses): GPUBindGroupLayout {
    const key = bindings.map(({ access }) => access).join();
    const known = this.#layouts.get(key);
    if (known !== undefined) return known;
    const layout = this.#buffers.device.gpu.createBindGroupLayout({ label, entries: layoutEntries(bindings) });
    this.#layouts.set(key, layout);
    return layout;
  }

  #bind({ kernel, label, bindings }: Dispatch): GPUBindGroup {
    return this.#buffers.device.gpu.createBindGroup({
      label,
      layout: this.#layout(kernel, bindings),
      entries: bindings.map(({ access, buffer }, binding) => ({
        binding,
        resource: access === 'uniform' ? { buffer: this.#buffers.buffer(buffer), size: this.#rowBytes } : this.#buffers.range(buffer),
      })),
    });
  }
}
