/** What is read back: through one of two buffers, in turns, so that a submit can run while another is waited for. */

import { IN_FLIGHT, type Pending, type ReadRange, type Results, type Submit } from '../scheduler/executor.ts';
import { ECHO_BYTES, ECHOES, POISON, POISON_BYTES, poisonPieces } from '../scheduler/results.ts';
import type { Buffers } from './buffers.ts';
import { BUFFER_USAGE, MAP_READ } from './flags.ts';
import type { Placed } from './second-look.ts';

/** What is asked of a submit, and where it arrives. */
interface Flight<Name extends string> extends Pick<Submit<unknown, Name>, 'plan' | 'read'> {
  readonly staging: GPUBuffer;
  readonly asked: Promise<undefined>;
  /** Bytes read; behind them comes the echo. */
  readonly end: number;
  readonly echo: number;
}

export class Staging {
  readonly #buffers: Buffers;
  readonly #uncollected = new Set<GPUBuffer>(); // Those whose mapping was asked for.
  #submits = 0;

  constructor(buffers: Buffers) {
    this.#buffers = buffers;
  }

  /** Marks a range as not yet written. */
  poison(encoder: GPUCommandEncoder, target: GPUBuffer, range: Pick<ReadRange, 'offset' | 'bytes'>): void {
    const poison = this.#buffers.buffer('poison');
    for (const [offset, bytes] of poisonPieces(range)) encoder.copyBufferToBuffer(poison, 0, target, offset, bytes);
  }

  /** Submits what was encoded, copies of the ranges behind it, and asks for them. */
  submit<Name extends string>(encoder: GPUCommandEncoder, { plan, read }: Pick<Submit<unknown, Name>, 'plan' | 'read'>): Pending<Results<Name>> {
    const staging = this.#buffers.buffer(`staging.${this.#submits % IN_FLIGHT}`);
    const echo = this.#submits++ % ECHOES;
    if (this.#uncollected.delete(staging)) staging.unmap(); // Its caller failed before it collected.
    let end = 0;
    for (const name in read) for (const { bytes } of read[name]) end += bytes;
    this.poison(encoder, staging, { offset: 0, bytes: end });
    let at = 0;
    for (const name in read) {
      for (const { buffer, offset, bytes } of read[name]) {
        encoder.copyBufferToBuffer(this.#buffers.buffer(buffer), offset, staging, at, bytes);
        at += bytes;
      }
    }
    encoder.copyBufferToBuffer(this.#buffers.buffer('poison'), POISON_BYTES + ECHO_BYTES * echo, staging, end, ECHO_BYTES);
    this.#buffers.device.gpu.queue.submit([encoder.finish()]);
    // Asked for at once, so that waits overlap: Firefox ends each at a tick of 100 ms.
    const asked = staging.mapAsync(MAP_READ, 0, end + ECHO_BYTES);
    this.#uncollected.add(staging);
    asked.catch(() => {}); // Thrown by `collect`.
    return { collect: () => this.#collect({ plan, read, staging, asked, end, echo }) };
  }

  async #collect<Name extends string>({ plan, read, staging, asked, end, echo }: Flight<Name>): Promise<Results<Name>> {
    this.#uncollected.delete(staging);
    this.#buffers.check();
    await this.#map(staging, asked);
    const mapped = staging.getMappedRange(0, end + ECHO_BYTES);
    const words = new Uint32Array(mapped), arrived = words.at(-1) === echo, marked = words.indexOf(POISON);
    const results = {} as Record<Name, ArrayBuffer[]>;
    let at = 0;
    for (const name in read) results[name] = read[name].map(({ bytes }) => mapped.slice(at, at += bytes));
    staging.unmap();
    if (arrived && marked < 0) return results;
    const { isGiven, unwritten } = await import('../scheduler/unwritten.ts');
    if (arrived && await isGiven(plan.plan, read, (name) => this.#buffers.size(name), async (range) => (await this.read([range]))[0]!)) return results;
    throw unwritten(plan.plan, read, arrived ? 4 * marked : undefined);
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

  /** Submits copies behind what was encoded; what lies in their target then. */
  async #copied(encoder: GPUCommandEncoder, target: GPUBuffer, places: readonly Placed[]): Promise<ArrayBuffer> {
    for (const { buffer, offset, bytes, at } of places) encoder.copyBufferToBuffer(this.#buffers.buffer(buffer), offset, target, at, bytes);
    this.#buffers.device.gpu.queue.submit([encoder.finish()]);
    await this.#map(target, target.mapAsync(MAP_READ));
    return target.getMappedRange();
  }

  /** Reads ranges now, through a buffer of their own. */
  async read(ranges: readonly ReadRange[]): Promise<ArrayBuffer[]> {
    const { device } = this.#buffers, end = ranges.reduce((sum, { bytes }) => sum + bytes, 0), places = placed(ranges);
    const staging = await device.checked('a buffer to read results with', () =>
      device.gpu.createBuffer({ label: 'read', size: end + ECHO_BYTES, usage: BUFFER_USAGE.staging }), end);
    try {
      const encoder = device.gpu.createCommandEncoder({ label: 'read' });
      // One mark more than is read: where it is missing nothing was run.
      this.poison(encoder, staging, { offset: 0, bytes: end + ECHO_BYTES });
      const mapped = await this.#copied(encoder, staging, places), words = new Uint32Array(mapped);
      const found = 4 * words.indexOf(POISON) === end ? mapped : await (await import('./second-look.ts')).secondLook(device, words, places, (again) =>
        this.#copied(device.gpu.createCommandEncoder({ label: 'read again' }), again, places));
      return places.map(({ at, bytes }) => found.slice(at, at + bytes));
    } finally {
      staging.destroy();
    }
  }
}

/** Ranges one behind the other. */
function placed(ranges: readonly ReadRange[]): Placed[] {
  let end = 0;
  return ranges.map((range) => ({ ...range, at: (end += range.bytes) - range.bytes }));
}
