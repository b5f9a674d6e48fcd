/**
 * A Program: buffers, pipelines and bind groups on one device, and the only file that encodes and submits.
 *
 * Everything is made by `create`, `addBuffers` and `load`. `submit` makes command encoders and nothing else: no buffer,
 * bind group, layout, pipeline, shader module or query set.
 */

import type { Device } from '../device/index.ts';
import { GradshaderError, InputError, ShaderError } from '../errors.ts';
import { ROW_BINDING } from '../kernels/kernel.ts';
import { layoutEntries, type BufferRange } from './bindings.ts';
import { BUFFER_USAGE, MAP_READ } from './flags.ts';
import {
  addSizes, bufferBytes, checkSize, IN_FLIGHT, rowStride, rowTableBytes, usageOf,
  type BufferSpec, type Category, type LoadedPlan, type Pending, type ProgramOptions, type ReadRange, type Submit,
} from './buffers.ts';
import type { Dispatch, Plan, PlannedBinding } from './plan.ts';

interface Owned {
  readonly buffer: GPUBuffer;
  readonly category: Category;
}

export class Program {
  readonly rowStride: number;
  readonly capacity: number;
  readonly #device: Device;
  readonly #buffers = new Map<string, Owned>();
  readonly #lent = new Map<string, BufferRange>(); // The caller's own.
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #rowBytes: number;
  readonly #staging: GPUBuffer[] = [];
  readonly #uncollected = new Set<GPUBuffer>(); // Staging buffers whose mapping was asked for.
  #next = 0;
  #destroyed = false;

  private constructor(device: Device, options: ProgramOptions) {
    this.#device = device;
    this.#rowBytes = options.rowBytes;
    this.rowStride = rowStride(options.rowBytes);
    this.capacity = options.capacity;
  }

  /** Makes the buffers. @throws OutOfMemoryError, InputError (a buffer beyond the device's limits); nothing stays. */
  static async create(device: Device, options: ProgramOptions): Promise<Program> {
    const program = new Program(device, options);
    const staging = Array.from({ length: options.readBytes > 0 ? IN_FLIGHT : 0 }, (_, i): BufferSpec => ({
      name: `staging.${i}`, bytes: options.readBytes, category: 'staging',
    }));
    try {
      await program.addBuffers([
        ...options.buffers,
        { name: ROW_BINDING.name, bytes: rowTableBytes(options), category: 'tables' },
        ...staging,
      ]);
    } catch (error) {
      program.destroy();
      throw error;
    }
    for (const { name } of staging) program.#staging.push(program.#buffers.get(name)!.buffer);
    return program;
  }

  /** Makes more buffers, or none if one of them fails. */
  async addBuffers(specs: readonly BufferSpec[]): Promise<void> {
    const { gpu } = this.#device;
    const bytes = specs.reduce((sum, spec) => sum + bufferBytes(spec), 0);
    for (const spec of specs) checkSize(spec, gpu.limits);
    const made: string[] = [];
    try {
      await this.#device.checked(
        'the buffers of the network',
        () => {
          for (const spec of specs) {
            const buffer = gpu.createBuffer({ label: spec.name, size: bufferBytes(spec), usage: usageOf(spec) });
            made.push(spec.name);
            this.#buffers.set(spec.name, { buffer, category: spec.category });
            if (spec.contents !== undefined) gpu.queue.writeBuffer(buffer, 0, spec.contents);
          }
        },
        bytes,
      );
    } catch (error) {
      this.removeBuffers(made);
      throw error;
    }
  }

  /**
   * Takes the caller's buffers for plans to bind by name; they are never destroyed here.
   * @throws GradshaderError 'validation' when the device cannot bind one; then none is taken
   */
  async lend(ranges: Readonly<Record<string, BufferRange>>): Promise<void> {
    for (const [label, resource] of Object.entries(ranges)) {
      await this.#device.checked(label, () => {
        const layout = this.#layout({ kernel: 'one buffer', bindings: [{ access: 'read' }] });
        this.#device.gpu.createBindGroup({ label, layout, entries: [{ binding: 0, resource }] });
      });
    }
    for (const [name, range] of Object.entries(ranges)) this.#lent.set(name, range);
  }

  removeBuffers(names: readonly string[]): void {
    for (const name of names) {
      this.#buffers.get(name)?.buffer.destroy();
      this.#buffers.delete(name);
    }
  }

  has(buffer: string): boolean {
    return this.#buffers.has(buffer);
  }

  /** Exact bytes of the live buffers, by category. */
  memory(): Record<Category | 'total', number> {
    return addSizes(this.#buffers.values());
  }

  /** Makes the plan's buffers, pipelines and bind groups. Equal shader texts share one pipeline. */
  async load(plan: Plan): Promise<LoadedPlan> {
    for (const [name, bytes] of Object.entries(plan.buffers)) {
      const size = this.#buffers.get(name)?.buffer.size ?? bytes;
      if (size < bytes) throw new InputError(`Plan ${plan.name} needs ${bytes} bytes in ${name}, which has ${size}.`);
    }
    const missing = [
      ...Object.entries(plan.buffers).map(([name, bytes]): BufferSpec => ({ name, bytes, category: 'activations' })),
      ...Object.entries(plan.tables).map(([name, contents]): BufferSpec => ({
        name, bytes: contents.byteLength, category: 'tables', contents,
      })),
    ].filter(({ name }) => !this.#buffers.has(name));
    await this.addBuffers(missing);
    const fresh = plan.dispatches.filter(
      ({ code }, i) =>
        !this.#pipelines.has(code) && plan.dispatches.findIndex((other) => other.code === code) === i,
    );
    await Promise.all(fresh.map((dispatch) => this.#compile(dispatch)));
    const dispatches = await this.#device.checked(`the bind groups of ${plan.name}`, () =>
      plan.dispatches.map((dispatch) => ({
        pipeline: this.#pipelines.get(dispatch.code)!,
        group: this.#bind(dispatch),
        grid: dispatch.grid,
      })),
    );
    return { plan, dispatches };
  }

  async #compile(dispatch: Dispatch): Promise<void> {
    const { gpu, pipelineMode } = this.#device;
    const { kernel, code } = dispatch;
    try {
      const pipeline = await this.#device.checked(kernel, () => {
        const layout = gpu.createPipelineLayout({ label: kernel, bindGroupLayouts: [this.#layout(dispatch)] });
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

  #layout({ kernel, bindings }: { kernel: string; bindings: readonly Pick<PlannedBinding, 'access'>[] }): GPUBindGroupLayout {
    const key = bindings.map(({ access }) => access).join();
    const known = this.#layouts.get(key);
    if (known !== undefined) return known;
    const layout = this.#device.gpu.createBindGroupLayout({ label: kernel, entries: layoutEntries(bindings) });
    this.#layouts.set(key, layout);
    return layout;
  }

  #bind(dispatch: Dispatch): GPUBindGroup {
    return this.#device.gpu.createBindGroup({
      label: dispatch.label,
      layout: this.#layout(dispatch),
      entries: dispatch.bindings.map(({ access, buffer }, binding) => ({
        binding,
        resource:
          access === 'uniform'
            ? { buffer: this.buffer(buffer), size: this.#rowBytes }
            : this.#lent.get(buffer) ?? { buffer: this.buffer(buffer) },
      })),
    });
  }

  /** @throws InputError when there is none of this name */
  buffer(name: string): GPUBuffer {
    this.#check();
    const found = this.#lent.get(name) ?? this.#buffers.get(name);
    if (found === undefined) throw new InputError(`There is no buffer ${name}. Add it before loading the plan.`);
    return found.buffer;
  }

  #check(): void {
    if (this.#destroyed) throw new GradshaderError('destroyed', 'This trainer was destroyed. Create a new one.');
  }

  /** Uploads bytes into a buffer, in the queue's order. */
  write(name: string, data: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>, offset = 0): void {
    this.#device.gpu.queue.writeBuffer(this.buffer(name), offset, data);
  }

  /** Copies ranges between buffers on the GPU, to the same offset or to `target`. */
  copy(ranges: readonly { from: string; to: string; offset: number; target?: number; bytes: number }[]): void {
    const encoder = this.#device.gpu.createCommandEncoder({ label: 'copy' });
    for (const { from, to, offset, target = offset, bytes } of ranges) {
      encoder.copyBufferToBuffer(this.buffer(from), offset, this.buffer(to), target, bytes);
    }
    this.#device.gpu.queue.submit([encoder.finish()]);
  }

  /**
   * Encodes `steps` steps into one command buffer and submits it. Uploads the rows only. The caller collects results
   * in order, with at most IN_FLIGHT submits uncollected.
   */
  submit({ before, plan, steps, rows, read }: Submit): Pending {
    const { gpu } = this.#device;
    gpu.queue.writeBuffer(this.buffer(ROW_BINDING.name), 0, rows, 0, steps * this.rowStride);
    const encoder = gpu.createCommandEncoder({ label: plan.plan.name });
    const pass = encoder.beginComputePass({ label: plan.plan.name });
    if (before !== undefined) this.record(pass, before, 0);
    for (let step = 0; step < steps; step++) this.record(pass, plan, step);
    pass.end();
    const staging = this.#staging[this.#next]!;
    this.#next = (this.#next + 1) % IN_FLIGHT;
    if (this.#uncollected.delete(staging)) staging.unmap(); // Its caller failed before it collected.
    let at = 0;
    for (const { buffer, offset, bytes } of read) {
      encoder.copyBufferToBuffer(this.buffer(buffer), offset, staging, at, bytes);
      at += bytes;
    }
    gpu.queue.submit([encoder.finish()]);
    // Asked for at once, so that waits overlap: Firefox ends each at a tick of 100 ms.
    const asked = staging.mapAsync(MAP_READ, 0, at);
    this.#uncollected.add(staging);
    asked.catch(() => {}); // Thrown by `collect`.
    return { steps, collect: () => this.#collect(staging, at, asked) };
  }

  /** Encodes one step into a pass, with the row in this slot of the table. */
  record(pass: GPUComputePassEncoder, { dispatches }: LoadedPlan, slot: number): void {
    for (const { pipeline, group, grid } of dispatches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group, [slot * this.rowStride]);
      pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
    }
  }

  async #collect(staging: GPUBuffer, bytes: number, asked: Promise<undefined>): Promise<ArrayBuffer> {
    this.#uncollected.delete(staging);
    this.#check();
    await this.#map(staging, asked);
    const copy = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    return copy;
  }

  /** Maps for reading. A mapping that our own `destroy` aborts is no loss of the device. */
  async #map(staging: GPUBuffer, asked: Promise<undefined>): Promise<void> {
    const mapped = asked.catch((error: unknown) => {
      this.#check();
      throw error;
    });
    try {
      await this.#device.mapped(mapped);
    } catch (error) {
      staging.unmap(); // A mapping still pending would block every later submit that uses this buffer.
      throw error;
    }
  }

  /** Reads one range now. For results between runs, not for the step loop: it makes a buffer of its own. */
  async read(range: ReadRange): Promise<ArrayBuffer> {
    const { gpu } = this.#device;
    const staging = await this.#device.checked('a buffer to read results with', () =>
      gpu.createBuffer({ label: 'read', size: range.bytes, usage: BUFFER_USAGE.staging }), range.bytes);
    try {
      const encoder = gpu.createCommandEncoder({ label: 'read' });
      encoder.copyBufferToBuffer(this.buffer(range.buffer), range.offset, staging, 0, range.bytes);
      gpu.queue.submit([encoder.finish()]);
      await this.#map(staging, staging.mapAsync(MAP_READ));
      return staging.getMappedRange().slice(0);
    } finally {
      staging.destroy();
    }
  }

  /** Destroys all buffers. Twice is fine. The device stays. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.removeBuffers([...this.#buffers.keys()]);
    this.#lent.clear();
    this.#pipelines.clear();
  }
}
