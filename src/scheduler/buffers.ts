/** What an executor's buffers are, as data. */

import { OutOfMemoryError } from '../errors.ts';
import { ROW_BINDING } from '../kernels/kernel.ts';

/** What a buffer is for; memory is added up by it. */
export type Category =
  | 'parameters' | 'state' | 'gradients' | 'activations' | 'data' | 'snapshot' | 'metrics' | 'tables' | 'staging';

export interface BufferSpec {
  readonly name: string;
  readonly bytes: number;
  readonly category: Category;
  /** Contents written once, at creation. */
  readonly contents?: Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;
}

/** Bytes by category, and their total. */
export type MemoryReport = Readonly<Partial<Record<Category, number>> & { total: number }>;

/** What an executor can hold, in WebGPU's words: a device's own limits are such. */
export interface Limits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxUniformBufferBindingSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
}

/** WebGPU's alignment of dynamic offsets. */
const ROW_ALIGNMENT = 256;

/** Bytes from one step's rows to the next. */
export const rowStride = (rowBytes: number): number => Math.ceil(rowBytes / ROW_ALIGNMENT) * ROW_ALIGNMENT;

/** Bytes a buffer really has: an empty one (the state of plain SGD) still has to be bound. */
export const bufferBytes = ({ bytes }: Pick<BufferSpec, 'bytes'>): number => Math.max(16, bytes);

/** Bytes of the row table. */
export const rowTableBytes = ({ rowBytes, capacity }: { readonly rowBytes: number; readonly capacity: number }): number =>
  rowStride(rowBytes) * capacity;

export function addSizes(buffers: Iterable<Pick<BufferSpec, 'bytes' | 'category'>>): MemoryReport {
  const sizes: Partial<Record<Category, number>> & { total: number } = { total: 0 };
  for (const { bytes, category } of buffers) {
    sizes[category] = (sizes[category] ?? 0) + bytes;
    sizes.total += bytes;
  }
  return sizes;
}

/** @throws OutOfMemoryError when the buffer cannot be had in one binding */
export function checkSize(
  { name, bytes, category }: BufferSpec, { maxBufferSize, maxStorageBufferBindingSize }: Pick<Limits, 'maxBufferSize' | 'maxStorageBufferBindingSize'>,
): void {
  const isStored = category !== 'staging' && name !== ROW_BINDING.name;
  const limit = isStored ? Math.min(maxBufferSize, maxStorageBufferBindingSize) : maxBufferSize;
  if (bytes <= limit) return;
  throw new OutOfMemoryError(
    `Buffer ${name} needs ${bytes} bytes in one binding; this device allows ${limit}. ` +
      'Use fewer replicas, a smaller batch or a smaller network.',
    bytes,
  );
}
