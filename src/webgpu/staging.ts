/** What is read back: through one of two buffers, in turns, so that a submit can run while another is waited for. */

import type { BufferSpec } from '../scheduler/buffers.ts';
import { IN_FLIGHT, type Pending, type ReadRange, type Reads, type Results } from '../scheduler/executor.ts';
import type { Buffers } from './buffers.ts';
import { BUFFER_USAGE, MAP_READ } from './flags.ts';

const nameOf = (i: number): string => `staging.${i}`;

/** The buffers to be made, each for `bytes` bytes. */
export const stagingBuffers = (bytes: number): BufferSpec[] => Array.from(
  { length: bytes > 0 ? IN_FLIGHT : 0 }, (_, i) => ({ name: nameOf(i), bytes, category: 'staging' }),
);

export class Staging {
  readonly #buffers: Buffers;
  readonly #uncollected = new Set<GPUBuffer>(); // Those whose mapping was asked for.
  #next = 0;

  constructor(buffers: Buffers) {
    this.#buffers = buffers;
  }

  /** Submits what was encoded, copies of the ranges behind it, and asks for them. */
  submit<Name extends string>(encoder: GPUCommandEncoder, read: Reads<Name>): Pending<Results<Name>> {
    const staging = this.#buffers.buffer(nameOf(this.#next));
    this.#next = (this.#next + 1) % IN_FLIGHT;
    if (this.#uncollected.delete(staging)) staging.unmap(); // Its caller failed before it collected.
    let end = 0;
    for (const name in read) {
      for (const { buffer, offset, bytes } of read[name]) {
        encoder.copyBufferToBuffer(this.#buffers.buffer(buffer), offset, staging, end, bytes);
        end += bytes;
      }
    }
    this.#buffers.device.gpu.queue.submit([encoder.finish()]);
    // Asked for at once, so that waits overlap: Firefox ends each at a tick of 100 ms.
    const asked = staging.mapAsync(MAP_READ, 0, end);
    this.#uncollected.add(staging);
    asked.catch(() => {}); // Thrown by `collect`.
    return { collect: () => this.#collect(staging, asked, read, end) };
  }

  async #collect<Name extends string>(staging: GPUBuffer, asked: Promise<undefined>, read: Reads<Name>, end: number): Promise<Results<Name>> {
    this.#uncollected.delete(staging);
    this.#buffers.check();
    await this.#map(staging, asked);
    const mapped = staging.getMappedRange(0, end);
    const results = {} as Record<Name, ArrayBuffer[]>;
    let at = 0;
    for (const name in read) results[name] = read[name].map(({ bytes }) => mapped.slice(at, at += bytes));
    staging.unmap();
    return results;
  }

  /** Maps for reading. A mapping that our own `destroy` aborts is no loss of the device. */
  async #map(staging: GPUBuffer, asked: Promise<undefined>): Promise<void> {
    const mapped = asked.catch((error: unknown) => {
      this.#buffers.check();
      throw error;
    });
    try {
      await this.#buffers.device.mapped(mapped);
    } catch (error) {
      staging.unmap(); // A mapping still pending would block every later submit that uses this buffer.
      throw error;
    }
  }

  /** Reads one range now, through a buffer of its own. */
  async read({ buffer, offset, bytes }: ReadRange): Promise<ArrayBuffer> {
    const { device } = this.#buffers;
    const staging = await device.checked('a buffer to read results with', () =>
      device.gpu.createBuffer({ label: 'read', size: bytes, usage: BUFFER_USAGE.staging }), bytes);
    try {
      const encoder = device.gpu.createCommandEncoder({ label: 'read' });
      encoder.copyBufferToBuffer(this.#buffers.buffer(buffer), offset, staging, 0, bytes);
      device.gpu.queue.submit([encoder.finish()]);
      await this.#map(staging, staging.mapAsync(MAP_READ));
      return staging.getMappedRange().slice(0);
    } finally {
      staging.destroy();
    }
  }
}
