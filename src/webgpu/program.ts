/**
 * A Program: named plans over shared buffers on one GPUDevice.
 *
 * Everything is made by `create`, `addBuffers` and `load`. `submit` makes command encoders and nothing else: no buffer,
 * bind group, layout, pipeline, shader module or query set.
 */

import type { Device } from '../device/index.ts';
import { InputError } from '../errors.ts';
import { ROW_BINDING } from '../kernels/kernel.ts';
import { rowStride, rowTableBytes, type BufferSpec, type Limits, type MemoryReport } from '../scheduler/buffers.ts';
import type {
  Bytes, CopyRange, Executor, ExecutorFactory, ExecutorOptions, LoadedPlan, Pending, ReadRange, Results, Submit,
} from '../scheduler/executor.ts';
import type { Plan } from '../scheduler/plan.ts';
import { Buffers, type BufferRange } from './buffers.ts';
import { Pipelines, type ReadyDispatch } from './pipelines.ts';
import { Staging, stagingBuffers } from './staging.ts';

/** A plan with its pipelines and bind groups. */
export type ReadyPlan = LoadedPlan<ReadyDispatch>;

export class Program implements Executor {
  readonly limits: Limits;
  readonly rowStride: number;
  readonly capacity: number;
  readonly #device: Device;
  readonly #buffers: Buffers;
  readonly #pipelines: Pipelines;
  readonly #staging: Staging;

  private constructor(device: Device, { owner, rowBytes, capacity }: ExecutorOptions) {
    this.#device = device;
    this.limits = device.gpu.limits;
    this.rowStride = rowStride(rowBytes);
    this.capacity = capacity;
    this.#buffers = new Buffers(device, owner);
    this.#pipelines = new Pipelines(device, this.#buffers, rowBytes);
    this.#staging = new Staging(device, this.#buffers);
  }

  /** Makes the buffers. @throws OutOfMemoryError; nothing stays */
  static async create(device: Device, options: ExecutorOptions): Promise<Program> {
    const program = new Program(device, options);
    try {
      await program.addBuffers([
        ...options.buffers,
        { name: ROW_BINDING.name, bytes: rowTableBytes(options), category: 'tables' },
        ...stagingBuffers(options.readBytes),
      ]);
    } catch (error) {
      program.destroy();
      throw error;
    }
    return program;
  }

  addBuffers(specs: readonly BufferSpec[]): Promise<void> {
    return this.#buffers.add(specs);
  }

  removeBuffers(names: readonly string[]): void {
    this.#buffers.remove(names);
  }

  has(buffer: string): boolean {
    return this.#buffers.has(buffer);
  }

  memory(): MemoryReport {
    return this.#buffers.memory();
  }

  /** @throws InputError when there is none of this name */
  buffer(name: string): GPUBuffer {
    return this.#buffers.get(name);
  }

  /**
   * Takes the caller's buffers for plans to bind by name; they are never destroyed here.
   * @throws GradshaderError 'validation' when the device cannot bind one; then none is taken
   */
  async lend(ranges: Readonly<Record<string, BufferRange>>): Promise<void> {
    for (const [name, range] of Object.entries(ranges)) await this.#pipelines.checkBinding(name, range);
    for (const [name, range] of Object.entries(ranges)) this.#buffers.lend(name, range);
  }

  async load(plan: Plan): Promise<ReadyPlan> {
    for (const [name, bytes] of Object.entries(plan.buffers)) {
      const size = this.#buffers.size(name) ?? bytes;
      if (size < bytes) throw new InputError(`Plan ${plan.name} needs ${bytes} bytes in ${name}, which has ${size}.`);
    }
    const wanted = [
      ...Object.entries(plan.buffers).map(([name, bytes]): BufferSpec => ({ name, bytes, category: 'activations' })),
      ...Object.entries(plan.tables).map(([name, contents]): BufferSpec => ({
        name, bytes: contents.byteLength, category: 'tables', contents,
      })),
    ];
    await this.addBuffers(wanted.filter(({ name }) => !this.#buffers.has(name)));
    return { plan, dispatches: await this.#pipelines.load(plan) };
  }

  write(name: string, data: Bytes, offset = 0): void {
    this.#device.gpu.queue.writeBuffer(this.buffer(name), offset, data);
  }

  copy(ranges: readonly CopyRange[]): void {
    const encoder = this.#device.gpu.createCommandEncoder({ label: 'copy' });
    for (const { from, to, offset, target = offset, bytes } of ranges) {
      encoder.copyBufferToBuffer(this.buffer(from), offset, this.buffer(to), target, bytes);
    }
    this.#device.gpu.queue.submit([encoder.finish()]);
  }

  /** Encodes `steps` steps into one command buffer and submits it. Uploads the rows only. */
  submit<Name extends string>({ before, plan, steps, rows, read }: Submit<ReadyDispatch, Name>): Pending<Results<Name>> {
    const { gpu } = this.#device;
    gpu.queue.writeBuffer(this.buffer(ROW_BINDING.name), 0, rows, 0, steps * this.rowStride);
    const encoder = gpu.createCommandEncoder({ label: plan.plan.name });
    const pass = encoder.beginComputePass({ label: plan.plan.name });
    if (before !== undefined) this.record(pass, before, 0);
    for (let step = 0; step < steps; step++) this.record(pass, plan, step);
    pass.end();
    const copies = this.#staging.encode(encoder, read);
    gpu.queue.submit([encoder.finish()]);
    return this.#staging.ask(copies);
  }

  /** Encodes one step into a pass, with the row in this slot of the table. */
  record(pass: GPUComputePassEncoder, { dispatches }: ReadyPlan, slot: number): void {
    for (const { pipeline, group, grid } of dispatches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group, [slot * this.rowStride]);
      pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
    }
  }

  read(range: ReadRange): Promise<ArrayBuffer> {
    return this.#staging.read(range);
  }

  /** Destroys all buffers of its own. The device stays. */
  destroy(): void {
    this.#buffers.destroy();
    this.#pipelines.clear();
  }
}

/** Programs on this device. */
export const programsOn = (device: Device): ExecutorFactory => ({
  limits: device.gpu.limits,
  create: (options) => Program.create(device, options),
});
