/** What a dispatch binds, as the descriptors that WebGPU wants. */

import { SHADER_STAGE_COMPUTE } from './flags.ts';
import type { PlannedBinding } from './plan.ts';

/** A range of a buffer in bytes; the offset a multiple of 256. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/** Layouts are explicit, so that the driver itself refuses a binding that the kernel's file says otherwise. */
export const layoutEntries = (bindings: readonly Pick<PlannedBinding, 'access'>[]): GPUBindGroupLayoutEntry[] =>
  bindings.map(({ access }, binding) => ({
    binding,
    visibility: SHADER_STAGE_COMPUTE,
    buffer:
      access === 'uniform'
        ? { type: 'uniform', hasDynamicOffset: true }
        : { type: access === 'read' ? 'read-only-storage' : 'storage' },
  }));
