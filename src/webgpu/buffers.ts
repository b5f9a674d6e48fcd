/** The buffers of a Program by name: its own, and those lent by a caller. */

import type { Device } from '../device/index.ts';
import { GradshaderError, InputError } from '../errors.ts';
import { ROW_BINDING } from '../kernels/kernel.ts';
import { addSizes, bufferBytes, checkSize, type BufferSpec, type Category, type MemoryReport } from '../scheduler/buffers.ts';
import { BUFFER_USAGE } from './flags.ts';

/** A range of a buffer in bytes; the offset a multiple of 256. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

interface Owned {
  readonly buffer: GPUBuffer;
  readonly category: Category;
  readonly bytes: number;
}

function usageOf({ name, category }: BufferSpec): number {
  if (category === 'staging') return BUFFER_USAGE.staging;
  return name === ROW_BINDING.name ? BUFFER_USAGE.uniform : BUFFER_USAGE.storage;
}

export class Buffers {
  readonly #owned = new Map<string, Owned>();
  readonly #lent = new Map<string, BufferRange>();
  #destroyed = false;

  /** @param owner whose they are, for messages */
  constructor(readonly device: Device, readonly owner: string) {}

  async addBuffers(specs: readonly BufferSpec[]): Promise<void> {
    const { gpu } = this.device;
    const total = specs.reduce((sum, spec) => sum + bufferBytes(spec), 0);
    for (const spec of specs) checkSize(spec, gpu.limits);
    const made: string[] = [];
    try {
      await this.device.checked(
        'the buffers of the network',
        () => {
          for (const spec of specs) {
            const { name, category, contents } = spec;
            const bytes = bufferBytes(spec);
            const buffer = gpu.createBuffer({ label: name, size: bytes, usage: usageOf(spec) });
            made.push(name);
            this.#owned.set(name, { buffer, category, bytes });
            if (contents !== undefined) gpu.queue.writeBuffer(buffer, 0, contents);
          }
        },
        total,
      );
    } catch (error) {
      this.removeBuffers(made);
      throw error;
    }
  }

  removeBuffers(names: readonly string[]): void {
    for (const name of names) {
      this.#owned.get(name)?.buffer.destroy();
      this.#owned.delete(name);
    }
  }

  /** Takes a caller's own for plans to bind by name. It is never destroyed here. */
  lend(name: string, range: BufferRange): void {
    this.#lent.set(name, range);
  }

  has(name: string): boolean {
    return this.#owned.has(name);
  }

  /** Bytes of one of our own; undefined where there is none of this name. */
  size(name: string): number | undefined {
    return this.#owned.get(name)?.bytes;
  }

  /** What a plan binds: the whole buffer, or the range that was lent. */
  range(name: string): GPUBufferBinding {
    return this.#lent.get(name) ?? { buffer: this.buffer(name) };
  }

  /** @throws InputError when there is none of this name; GradshaderError 'destroyed' */
  buffer(name: string): GPUBuffer {
    this.check();
    const found = this.#lent.get(name) ?? this.#owned.get(name);
    if (found === undefined) throw new InputError(`There is no buffer ${name}. Add it before loading the plan.`);
    return found.buffer;
  }

  check(): void {
    if (this.#destroyed) throw new GradshaderError('destroyed', `This ${this.owner} was destroyed. Create a new one.`);
  }

  memory(): MemoryReport {
    return addSizes(this.#owned.values());
  }

  /** Buffers that were lent stay, and so does the device. */
  destroy(): void {
    this.#destroyed = true;
    this.removeBuffers([...this.#owned.keys()]);
    this.#lent.clear();
  }
}
