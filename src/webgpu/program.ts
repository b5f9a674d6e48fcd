/**
 * A Program: named plans over shared buffers on one GPUDevice.
 *
 * Everything is made by `create`, `addBuffers` and `load`. `submit` makes command encoders and nothing else: no buffer,
 * bind group, layout, pipeline, shader module or query set.
 */

import type { Device } from '../device/index.ts';
import { InputError } from '../errors.ts';
import { ROW_BINDING } from '../kernels/kernel.ts';
import { rowStride, rowTableBytes, type BufferSpec, type Limits } from '../scheduler/buffers.ts';
import {
  withinStep, type Bytes, type CopyRange, type Executor, type ExecutorFactory, type ExecutorOptions, type LoadedPlan, type Pending,
  type ReadRange, type Results, type Submit,
} from '../scheduler/executor.ts';
import type { Plan } from '../scheduler/plan.ts';
import { resultBuffers } from '../scheduler/results.ts';
import { Buffers } from './buffers.ts';
import { Pipelines, type ReadyDispatch } from './pipelines.ts';
import { Staging } from './staging.ts';

/** A plan with its pipelines and bind groups. */
export type ReadyPlan = LoadedPlan<ReadyDispatch>;

/** What is read at once, unless one range is larger. */
const READ_BYTES = 2 ** 26;

export class Program extends Buffers implements Executor {
  readonly limits: Limits;
  readonly rowStride: number;
  readonly capacity: number;
  readonly #pipelines: Pipelines;
  readonly #staging: Staging;

  private constructor(device: Device, { owner, rowBytes, capacity }: ExecutorOptions) {
    super(device, owner);
    this.limits = device.gpu.limits;
    this.rowStride = rowStride(rowBytes);
    this.capacity = capacity;
    this.#pipelines = new Pipelines(this, rowBytes);
    this.#staging = new Staging(this);
  }

  /** Makes the buffers. @throws OutOfMemoryError; nothing stays */
  static async create(device: Device, options: ExecutorOptions): Promise<Program> {
    const program = new Program(device, options);
    try {
      await program.addBuffers([
        ...options.buffers,
        { name: ROW_BINDING.name, bytes: rowTableBytes(options), category: 'tables' },
        ...resultBuffers(options.readBytes),
      ]);
    } catch (error) {
      program.destroy();
      throw error;
    }
    return program;
  }

  async load(plan: Plan): Promise<ReadyPlan> {
    for (const [name, bytes] of Object.entries(plan.buffers)) {
      const size = this.size(name) ?? bytes;
      if (size < bytes) throw new InputError(`Plan ${plan.name} needs ${bytes} bytes in ${name}, which has ${size}.`);
    }
    const wanted = [
      ...Object.entries(plan.buffers).map(([name, bytes]): BufferSpec => ({ name, bytes, category: 'activations' })),
      ...Object.entries(plan.tables).map(([name, contents]): BufferSpec => ({
        name, bytes: contents.byteLength, category: 'tables', contents,
      })),
    ];
    await this.addBuffers(wanted.filter(({ name }) => !this.has(name)));
    return { plan, dispatches: await this.#pipelines.load(plan) };
  }

  write(name: string, data: Bytes, offset = 0): void {
    this.device.gpu.queue.writeBuffer(this.buffer(name), offset, data);
  }

  copy(ranges: readonly CopyRange[]): void {
    const encoder = this.device.gpu.createCommandEncoder({ label: 'copy' });
    for (const { from, to, offset, target = offset, bytes } of ranges) {
      encoder.copyBufferToBuffer(this.buffer(from), offset, this.buffer(to), target, bytes);
    }
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /** Encodes `steps` steps into one command buffer and submits it. Uploads the rows only. */
  submit<Name extends string>(submit: Submit<ReadyDispatch, Name>): Pending<Results<Name>> {
    const { once, plan, steps, rows, slots, fresh = [] } = submit;
    const { gpu } = this.device;
    const table = this.buffer(ROW_BINDING.name), stride = this.rowStride;
    if (slots === undefined) gpu.queue.writeBuffer(table, 0, rows, 0, steps * stride);
    slots?.forEach((slot, i) => gpu.queue.writeBuffer(table, slot * stride, rows, i * stride, stride));
    const encoder = gpu.createCommandEncoder({ label: plan.plan.name });
    for (const range of fresh) this.#staging.poison(encoder, this.buffer(range.buffer), range);
    const pass = encoder.beginComputePass({ label: plan.plan.name });
    for (let step = 0; step < steps; step++) this.record(pass, step === 0 && once !== undefined ? withinStep(plan, once) : plan, slots?.[step] ?? step);
    pass.end();
    return this.#staging.submit(encoder, submit);
  }

  /** Encodes one step into a pass, with the row in this slot of the table. */
  record(pass: GPUComputePassEncoder, { dispatches }: ReadyPlan, slot: number): void {
    for (const { pipeline, group, grid } of dispatches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group, [slot * this.rowStride]);
      pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
    }
  }

  async read(range: ReadRange): Promise<ArrayBuffer> {
    return (await this.#staging.read([range]))[0]!;
  }

  async readAll(ranges: readonly ReadRange[]): Promise<ArrayBuffer[]> {
    const found: ArrayBuffer[] = [];
    for (let first = 0, next = 0, bytes = 0; first < ranges.length; first = next, bytes = 0) {
      do bytes += ranges[next++]!.bytes; while (next < ranges.length && bytes + ranges[next]!.bytes <= READ_BYTES);
      found.push(...await this.#staging.read(ranges.slice(first, next)));
    }
    return found;
  }
}

/** Programs on this device. */
export const programsOn = (device: Device): ExecutorFactory => ({
  limits: device.gpu.limits,
  create: (options) => Program.create(device, options),
});
