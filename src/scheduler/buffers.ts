/** What a Program's buffers and submits are made of, as data. */

import { OutOfMemoryError } from '../errors.ts';
import { ROW_BINDING } from '../kernels/kernel.ts';
import { BUFFER_USAGE } from './flags.ts';
import type { Dispatch, Plan } from './plan.ts';

/** What a buffer is for; `memory()` adds up by it. */
export type Category =
  | 'parameters' | 'state' | 'gradients' | 'activations' | 'data' | 'snapshot' | 'metrics' | 'tables' | 'staging';

export interface BufferSpec {
  readonly name: string;
  readonly bytes: number;
  readonly category: Category;
  /** Contents written once, at creation. */
  readonly contents?: Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
}

/** A range to be copied out after the submit's last step. Bytes, multiples of 4. */
export interface ReadRange {
  readonly buffer: string;
  readonly offset: number;
  readonly bytes: number;
}

interface LoadedDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly grid: Dispatch['grid'];
}

/** A plan with its pipelines and bind groups. */
export interface LoadedPlan {
  readonly plan: Plan;
  readonly dispatches: readonly LoadedDispatch[];
}

export interface Submit {
  /** Dispatched once before the first step. */
  readonly before?: LoadedPlan;
  readonly plan: LoadedPlan;
  readonly steps: number;
  /** Row table: `steps` entries, each `rowStride` bytes. */
  readonly rows: Uint8Array<ArrayBuffer>;
  readonly read: readonly ReadRange[];
}

export interface Pending {
  readonly steps: number;
  /** Waits for the submit and returns the read ranges, one after the other. */
  collect(): Promise<ArrayBuffer>;
}

export interface ProgramOptions {
  readonly buffers: readonly BufferSpec[];
  /** Bytes of one step's rows, all replicas: the size of the uniform binding. */
  readonly rowBytes: number;
  /** Rows the table holds: the largest number of steps per submit. */
  readonly capacity: number;
  /** Largest number of bytes one submit reads back. */
  readonly readBytes: number;
}

/** Submits whose results may be waited for at the same time. */
export const IN_FLIGHT = 2;

const DYNAMIC_ALIGNMENT = 256;

export const rowStride = (rowBytes: number): number => Math.ceil(rowBytes / DYNAMIC_ALIGNMENT) * DYNAMIC_ALIGNMENT;

/** Bytes a buffer really has: an empty one (the state of plain SGD) still has to be bound. */
export const bufferBytes = ({ bytes }: Pick<BufferSpec, 'bytes'>): number => Math.max(16, bytes);

/** Bytes of the row table of a Program. */
export const rowTableBytes = ({ rowBytes, capacity }: Pick<ProgramOptions, 'rowBytes' | 'capacity'>): number =>
  rowStride(rowBytes) * capacity;

/** Bytes of live buffers, by category. */
export function addSizes(
  buffers: Iterable<{ readonly buffer: Pick<GPUBuffer, 'size'>; readonly category: Category }>,
): Record<Category | 'total', number> {
  const sizes = { total: 0 } as Record<Category | 'total', number>;
  for (const { buffer: { size }, category } of buffers) {
    sizes[category] = (sizes[category] ?? 0) + size;
    sizes.total += size;
  }
  return sizes;
}

export function usageOf({ name, category }: BufferSpec): number {
  if (category === 'staging') return BUFFER_USAGE.staging;
  return name === ROW_BINDING.name ? BUFFER_USAGE.uniform : BUFFER_USAGE.storage;
}

/** @throws OutOfMemoryError when the device cannot hold the buffer in one binding */
export function checkSize({ name, bytes, category }: BufferSpec, limits: GPUSupportedLimits): void {
  const limit = category === 'staging' || name === ROW_BINDING.name
    ? limits.maxBufferSize
    : Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  if (bytes > limit) {
    throw new OutOfMemoryError(
      `Buffer ${name} needs ${bytes} bytes in one binding; this device allows ${limit}. ` +
        'Use fewer replicas, a smaller batch or a smaller network.',
      bytes,
    );
  }
}
