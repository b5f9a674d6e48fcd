/** What is read back: through one of two buffers, in turns, so that a submit can run while another is waited for. */

import type { Device } from '../device/index.ts';
import type { BufferSpec } from '../scheduler/buffers.ts';
import { IN_FLIGHT, type Pending, type ReadRange, type Results, type Submit } from '../scheduler/executor.ts';
import type { Buffers } from './buffers.ts';
import { BUFFER_USAGE, MAP_READ } from './flags.ts';

const nameOf = (i: number): string => `staging.${i}`;

/** The buffers to be made, each for `bytes` bytes. */
export const stagingBuffers = (bytes: number): BufferSpec[] => Array.from(
  { length: bytes > 0 ? IN_FLIGHT : 0 }, (_, i) => ({ name: nameOf(i), bytes, category: 'staging' }),
);

/** Copies encoded into a staging buffer. */
interface Copies<Name extends string> {
  readonly staging: GPUBuffer;
  readonly read: Submit<unknown, Name>['read'];
  readonly bytes: number;
}

export class Staging {
  readonly #device: Device;
  readonly #buffers: Buffers;
  readonly #uncollected = new Set<GPUBuffer>(); // Those whose mapping was asked for.
  #next = 0;

  constructor(device: Device, buffers: Buffers) {
    this.#device = device;
    this.#buffers = buffers;
  }

  /** Encodes copies of the ranges, one after the other, into the buffer whose turn it is. */
  encode<Name extends string>(encoder: GPUCommandEncoder, read: Submit<unknown, Name>['read']): Copies<Name> {
    const staging = this.#buffers.get(nameOf(this.#next));
    this.#next = (this.#next + 1) % IN_FLIGHT;
    if (this.#uncollected.delete(staging)) staging.unmap(); // Its caller failed before it collected.
    let at = 0;
    for (const { buffer, offset, bytes } of Object.values<readonly ReadRange[]>(read).flat()) {
      encoder.copyBufferToBuffer(this.#buffers.get(buffer), offset, staging, at, bytes);
      at += bytes;
    }
    return { staging, read, bytes: at };
  }

  /** Asks for what was copied. Call it behind the submit. */
  ask<Name extends string>(copies: Copies<Name>): Pending<Results<Name>> {
    const { staging, bytes } = copies;
    // Asked for at once, so that waits overlap: Firefox ends each at a tick of 100 ms.
    const asked = staging.mapAsync(MAP_READ, 0, bytes);
    this.#uncollected.add(staging);
    asked.catch(() => {}); // Thrown by `collect`.
    return { collect: () => this.#collect(copies, asked) };
  }

  async #collect<Name extends string>({ staging, read, bytes }: Copies<Name>, asked: Promise<undefined>): Promise<Results<Name>> {
    this.#uncollected.delete(staging);
    this.#buffers.check();
    await this.#map(staging, asked);
    const mapped = staging.getMappedRange(0, bytes);
    let at = 0;
    const taken = Object.entries<readonly ReadRange[]>(read).map(([name, ranges]) =>
      [name, ranges.map((range) => mapped.slice(at, at += range.bytes))]);
    staging.unmap();
    return Object.fromEntries(taken) as Results<Name>;
  }

  /** Maps for reading. A mapping that our own `destroy` aborts is no loss of the device. */
  async #map(staging: GPUBuffer, asked: Promise<undefined>): Promise<void> {
    const mapped = asked.catch((error: unknown) => {
      this.#buffers.check();
      throw error;
    });
    try {
      await this.#device.mapped(mapped);
    } catch (error) {
      staging.unmap(); // A mapping still pending would block every later submit that uses this buffer.
      throw error;
    }
  }

  /** Reads one range now, through a buffer of its own. */
  async read({ buffer, offset, bytes }: ReadRange): Promise<ArrayBuffer> {
    const { gpu } = this.#device;
    const staging = await this.#device.checked('a buffer to read results with', () =>
      gpu.createBuffer({ label: 'read', size: bytes, usage: BUFFER_USAGE.staging }), bytes);
    try {
      const encoder = gpu.createCommandEncoder({ label: 'read' });
      encoder.copyBufferToBuffer(this.#buffers.get(buffer), offset, staging, 0, bytes);
      gpu.queue.submit([encoder.finish()]);
      await this.#map(staging, staging.mapAsync(MAP_READ));
      return staging.getMappedRange().slice(0);
    } finally {
      staging.destroy();
    }
  }
}
