/**
 * Runs plans in float64, on the CPU, with the references: the twin of any plan, to check what a GPU made of it, or to
 * take finite differences. Slow, and never part of what is always loaded.
 */

import { GradshaderError, InputError } from '../errors.ts';
import { kernels } from '../kernels/index.ts';
import { MAX_GROUPS, ROW_BINDING, type Binding } from '../kernels/kernel.ts';
import { addSizes, bufferBytes, rowStride, type BufferSpec, type Limits, type MemoryReport } from '../scheduler/buffers.ts';
import type { Dispatch } from '../scheduler/dispatch.ts';
import {
  withinStep, type Bytes, type CopyRange, type Executor, type ExecutorFactory, type ExecutorOptions, type LoadedPlan, type Pending,
  type ReadRange, type Results, type Submit,
} from '../scheduler/executor.ts';
import type { Plan } from '../scheduler/plan.ts';
import { POISON } from '../scheduler/results.ts';
import { rowsOf, type Row } from './rows.ts';
import { Storage } from './storage.ts';
import type { Run } from './twin.ts';
import { twins } from './twins.ts';

/** A dispatch with its twin and buffers. */
export interface ReadyTwin {
  readonly dispatch: Dispatch;
  /** Runs it with one step's rows. */
  readonly run: (rows: readonly Row[]) => void;
  /** What it writes floats into. */
  readonly written: readonly Storage[];
}

const LIMITS: Limits = {
  maxBufferSize: Infinity, maxStorageBufferBindingSize: Infinity, maxUniformBufferBindingSize: Infinity,
  maxComputeWorkgroupsPerDimension: MAX_GROUPS,
};

function bindingsOf(name: string): readonly Binding[] {
  const kernel = kernels.find((one) => one.name === name);
  if (kernel === undefined) throw new Error(`There is no kernel ${name}.`);
  return kernel.bindings.filter((binding) => binding.name !== ROW_BINDING.name);
}

const allWords = (results: readonly (readonly ArrayBuffer[])[]): number[] => results.flat().flatMap((buffer) => [...new Uint32Array(buffer)]);

const isWords = ({ type }: Binding): boolean => type === 'u32';

export class Float64Executor implements Executor {
  readonly limits = LIMITS;
  readonly rowStride: number;
  readonly capacity: number;
  /** Of what kernels store: all of float64, or what f32 keeps of it. */
  precision: 'float64' | 'float32' = 'float64';
  readonly #owner: string;
  readonly #buffers = new Map<string, Storage>();
  #destroyed = false;

  constructor({ owner, buffers, rowBytes, capacity }: ExecutorOptions) {
    this.#owner = owner;
    this.rowStride = rowStride(rowBytes);
    this.capacity = capacity;
    buffers.forEach((spec) => this.#add(spec));
  }

  #add(spec: BufferSpec): void {
    const storage = new Storage(spec.name, bufferBytes(spec), spec.category);
    if (spec.contents !== undefined) storage.write(spec.contents, 0);
    this.#buffers.set(spec.name, storage);
  }

  async addBuffers(specs: readonly BufferSpec[]): Promise<void> {
    specs.forEach((spec) => this.#add(spec));
  }

  removeBuffers(names: readonly string[]): void {
    for (const name of names) this.#buffers.delete(name);
  }

  has(buffer: string): boolean {
    return this.#buffers.has(buffer);
  }

  memory(): MemoryReport {
    return addSizes(this.#buffers.values());
  }

  check(): void {
    if (this.#destroyed) throw new GradshaderError('destroyed', `This ${this.#owner} was destroyed. Create a new one.`);
  }

  #buffer(name: string): Storage {
    this.check();
    const found = this.#buffers.get(name);
    if (found === undefined) throw new InputError(`There is no buffer ${name}. Add it before loading the plan.`);
    return found;
  }

  /** A buffer's numbers as they are, unrounded: what is written here is what the next step reads. */
  values(buffer: string): Float64Array {
    return this.#buffer(buffer).floats;
  }

  async load(plan: Plan): Promise<LoadedPlan<ReadyTwin>> {
    for (const [name, bytes] of Object.entries(plan.buffers)) {
      const size = this.#buffers.get(name)?.bytes ?? bytes;
      if (size < bytes) throw new InputError(`Plan ${plan.name} needs ${bytes} bytes in ${name}, which has ${size}.`);
    }
    const own: BufferSpec[] = [
      ...Object.entries(plan.buffers).map(([name, bytes]): BufferSpec => ({ name, bytes, category: 'activations' })),
      ...Object.entries(plan.tables).map(([name, contents]): BufferSpec => ({ name, bytes: contents.byteLength, category: 'tables', contents })),
    ];
    own.filter(({ name }) => !this.has(name)).forEach((spec) => this.#add(spec));
    return { plan, dispatches: plan.dispatches.map((dispatch) => this.#ready(dispatch)) };
  }

  #ready(dispatch: Dispatch): ReadyTwin {
    const { kernel, shape, constants, views, bindings } = dispatch, twin = twins[kernel];
    if (twin === undefined) throw new Error(`${kernel} has no float64 twin.`);
    const buffers = new Map(bindings.filter(({ name }) => name !== ROW_BINDING.name).map(({ name, buffer }) => [name, this.#buffer(buffer)]));
    const found = (binding: string): Storage => buffers.get(binding)!;
    const described = bindingsOf(kernel).filter(({ name }) => buffers.has(name));
    // Whether words or floats lie in a buffer is known from here on.
    for (const binding of described) void (isWords(binding) ? found(binding.name).words : found(binding.name).floats);
    const run: Omit<Run<typeof shape>, 'rows'> = {
      shape, constants, views, floats: (binding) => found(binding).floats, words: (binding) => found(binding).words,
    };
    return {
      dispatch, run: (rows) => twin({ ...run, rows }),
      written: described.filter((one) => one.access === 'read-write' && !isWords(one)).map(({ name }) => found(name)),
    };
  }

  submit<Name extends string>({ once, plan, steps, rows, read, fresh = [] }: Submit<ReadyTwin, Name>): Pending<Results<Name>> {
    for (const { buffer, offset, bytes } of fresh) this.write(buffer, new Uint32Array(bytes / 4).fill(POISON), offset);
    const rowOf = (step: number): Uint8Array => rows.subarray(step * this.rowStride, (step + 1) * this.rowStride);
    for (let step = 0; step < steps; step++) this.#step(step === 0 && once !== undefined ? withinStep(plan, once) : plan, rowOf(step));
    const results = Object.fromEntries(Object.entries<readonly ReadRange[]>(read).map(([name, ranges]): [string, ArrayBuffer[]] =>
      [name, ranges.map((range) => this.#read(range))])) as unknown as Results<Name>;
    return {
      collect: async () => {
        const marked = allWords(Object.values<readonly ArrayBuffer[]>(results)).indexOf(POISON);
        if (marked < 0) return results;
        const { isGiven, unwritten } = await import('../scheduler/unwritten.ts');
        if (await isGiven(plan.plan, read, (name) => this.#buffers.get(name)?.bytes, (range) => this.read(range))) return results;
        throw unwritten(plan.plan, read, 4 * marked);
      },
    };
  }

  #step({ dispatches }: LoadedPlan<ReadyTwin>, bytes: Uint8Array): void {
    const [first] = dispatches;
    if (first === undefined) return;
    // All dispatches of a plan read the same rows.
    const rows = rowsOf(bytes, first.dispatch.shape.row);
    for (const { run, written } of dispatches) {
      run(rows);
      if (this.precision === 'float32') written.forEach((buffer) => buffer.round());
    }
  }

  write(buffer: string, data: Bytes, offset = 0): void {
    this.#buffer(buffer).write(data, offset);
  }

  copy(ranges: readonly CopyRange[]): void {
    for (const { from, to, offset, target = offset, bytes } of ranges) this.#buffer(to).copy(this.#buffer(from), offset, target, bytes);
  }

  #read({ buffer, offset, bytes }: ReadRange): ArrayBuffer {
    return this.#buffer(buffer).read(offset, bytes);
  }

  async readAll(ranges: readonly ReadRange[]): Promise<ArrayBuffer[]> {
    return ranges.map((range) => this.#read(range));
  }

  async read(range: ReadRange): Promise<ArrayBuffer> {
    return this.#read(range);
  }

  destroy(): void {
    this.#destroyed = true;
    this.#buffers.clear();
  }
}

/** Makes executors that run in float64. */
export const float64: ExecutorFactory = { limits: LIMITS, create: async (options) => new Float64Executor(options) };
