/** A Program with a network on it: resident data, rows, and the runs that training is made of. */

import type { Device } from '../device/index.ts';
import { NO_FLAG } from '../kernels/snapshot.ts';
import { STATE_SLOTS } from '../kernels/rule.ts';
import { readBytes, rowBytes } from '../model/buffers.ts';
import type { Build, DataFormat } from '../model/build.ts';
import { predictGraph, snapshotGraph, sumsGraph } from '../model/graphs.ts';
import { initialParameters } from '../model/init.ts';
import { rowEntryBytes, writeRow, type Clock, type RowHeader } from '../model/rows.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import { makePlan } from '../scheduler/plan.ts';
import type { LoadedPlan, Pending } from '../scheduler/buffers.ts';
import { Program } from '../scheduler/program.ts';
import { allBuffers, checkBudget, checkFits, trainerMemory, type MemoryReport, type Prepared } from './config.ts';
import { Residents, type Resident } from './residents.ts';

export class Engine {
  readonly build: Build;
  readonly program: Program;
  /** Current settings; `set` replaces them. */
  settings: readonly ReplicaSettings[];
  /** The data sets on the GPU. */
  readonly residents: Residents;
  #snapshot: LoadedPlan | undefined;
  #sums: LoadedPlan | undefined;
  readonly #predict = new Map<string, LoadedPlan>();
  readonly #rows: Uint8Array<ArrayBuffer>;

  private constructor(device: Device, prepared: Prepared, program: Program) {
    this.residents = new Residents(device, prepared, program);
    this.build = prepared.build;
    this.settings = prepared.settings;
    this.program = program;
    this.#rows = new Uint8Array(program.rowStride * program.capacity);
  }

  /** Checks limits and budget, makes all buffers and the pipelines that need no data, uploads initial weights. */
  static async create(device: Device, prepared: Prepared): Promise<Engine> {
    const { build, config } = prepared;
    checkFits(build, device.gpu.limits);
    checkBudget(config.memoryBudgetBytes, trainerMemory(build));
    const program = await Program.create(device, {
      buffers: allBuffers(build),
      rowBytes: rowBytes(build),
      capacity: build.capacity,
      readBytes: readBytes(build),
    });
    try {
      const engine = new Engine(device, prepared, program);
      engine.#snapshot = await program.load(makePlan(snapshotGraph(build)));
      engine.#sums = await program.load(makePlan(sumsGraph(build)));
      engine.reset();
      return engine;
    } catch (error) {
      program.destroy();
      throw error;
    }
  }

  /** Initial weights, zero state, no flags. */
  reset(): void {
    const { network, replicas, rule } = this.build;
    const drawn = new Map<number, Float32Array<ArrayBuffer>>();
    this.settings.forEach(({ seed }, replica) => {
      const initial = drawn.get(seed) ?? initialParameters(network, seed);
      drawn.set(seed, initial);
      this.program.write('parameters', initial, 4 * replica * network.stride);
    });
    const state = replicas * STATE_SLOTS[rule.name] * network.stride;
    if (state > 0) this.program.write('state', new Float32Array(state));
    this.clearFlags();
  }

  clearFlags(): void {
    this.program.write('flags', new Uint32Array(this.build.replicas * this.build.network.tensors.length).fill(NO_FLAG));
  }

  /** Puts the last good parameters and state of some replicas back. */
  restore(replicas: readonly number[]): void {
    const arena = 4 * this.build.network.stride;
    const state = arena * STATE_SLOTS[this.build.rule.name];
    this.program.copy(replicas.flatMap((replica) => [
      { from: 'snapshot.parameters', to: 'parameters', offset: replica * arena, bytes: arena },
      ...(state > 0 ? [{ from: 'snapshot.state', to: 'state', offset: replica * state, bytes: state }] : []),
    ]));
  }

  memory(): MemoryReport {
    return this.program.memory();
  }

  /** Fills the row table for `steps` steps; `row` says what replica `replica` does in the step of a slot. */
  #writeRows(
    steps: number,
    row: (slot: number, replica: number) => { header: Omit<RowHeader, 'slot'>; clock?: Clock },
  ): Uint8Array<ArrayBuffer> {
    const { network, replicas, rule } = this.build;
    const entry = rowEntryBytes(network.tensors.length, network.dropouts.length);
    const view = new DataView(this.#rows.buffer);
    for (let slot = 0; slot < steps; slot++) {
      for (let replica = 0; replica < replicas; replica++) {
        const { header, clock } = row(slot, replica);
        const at = slot * this.program.rowStride + replica * entry;
        writeRow(view, at, { ...header, slot }, this.settings[replica]!, rule.name, clock);
      }
    }
    return this.#rows;
  }

  /** Batches of the data set; the last may be smaller. */
  batches({ data }: Resident): number {
    return Math.ceil(data.length / this.build.batchSize);
  }

  #count({ data }: Resident, batch: number): number {
    const { batchSize } = this.build;
    return Math.min(batchSize, data.length - batch * batchSize);
  }

  /**
   * Submits training steps: batches `batch` .. `batch + steps - 1` of the epoch, as steps `clock.step` and on.
   * The result is every sample's loss (negative for a miss), replica by replica, then all flags: see `samplesOf`.
   */
  train(resident: Resident, batch: number, steps: number, clock: Omit<Clock, 't'>, active: readonly boolean[]): Pending {
    const { batchSize } = this.build;
    const rows = this.#writeRows(steps, (slot, replica) => ({
      header: {
        step: clock.step + slot,
        position: (batch + slot) * batchSize,
        count: this.#count(resident, batch + slot),
        active: active[replica]!,
        order: resident.orders![replica]!,
      },
      clock: { step: clock.step + slot, steps: clock.steps, t: clock.step + slot + 1 },
    }));
    const flags = { buffer: 'flags', offset: 0, bytes: 4 * this.build.replicas * this.build.network.tensors.length };
    return this.program.submit({
      before: this.#snapshot!, plan: resident.train!, steps, rows, read: [...this.#sampleRanges(steps), flags],
    });
  }

  /** Submits evaluation steps over batches `batch` .. `batch + steps - 1`, in the data set's own order. */
  evaluate(resident: Resident, batch: number, steps: number): Pending {
    const { batchSize } = this.build;
    const rows = this.#writeRows(steps, (slot) => ({
      header: {
        step: 0, position: (batch + slot) * batchSize, count: this.#count(resident, batch + slot), active: true, order: 0,
      },
    }));
    return this.program.submit({ plan: resident.evaluate!, steps, rows, read: this.#sampleRanges(steps) });
  }

  #sampleRanges(steps: number): { buffer: string; offset: number; bytes: number }[] {
    const { replicas, capacity, batchSize } = this.build;
    return Array.from({ length: replicas }, (_, replica) => ({
      buffer: 'samples', offset: 4 * replica * capacity * batchSize, bytes: 4 * steps * batchSize,
    }));
  }

  /** One replica's signed sample losses out of a collected submit, without the rows beyond each batch's count. */
  *samplesOf(result: ArrayBuffer, resident: Resident, batch: number, steps: number, replica: number): Generator<Float32Array> {
    const { batchSize } = this.build;
    for (let slot = 0; slot < steps; slot++) {
      const start = 4 * (replica * steps + slot) * batchSize;
      yield new Float32Array(result, start, this.#count(resident, batch + slot));
    }
  }

  flagsOf(result: ArrayBuffer, steps: number): Uint32Array {
    return new Uint32Array(result, 4 * this.build.replicas * steps * this.build.batchSize);
  }

  /** Per replica and chunk: sum |w|, sum w^2, zeros, 0. */
  async sums(): Promise<Float32Array> {
    const { replicas, network } = this.build;
    const rows = this.#writeRows(1, () => ({ header: { step: 0, position: 0, count: 0, active: true, order: 0 } }));
    const bytes = 16 * replicas * network.chunks;
    const pending = this.program.submit({
      plan: this.#sums!, steps: 1, rows, read: [{ buffer: 'sums', offset: 0, bytes }],
    });
    return new Float32Array(await pending.collect());
  }

  /** Submits one batch of packed inputs for prediction; the result is one replica's padded rows after the other's. */
  async predict(inputs: Uint8Array<ArrayBuffer>, count: number, format: Omit<DataFormat, 'name'>, output: 'logits' | 'probabilities'): Promise<Pending> {
    const key = JSON.stringify(format);
    let plan = this.#predict.get(key);
    if (plan === undefined) {
      plan = await this.program.load(makePlan(predictGraph(this.build, { ...format, name: 'predict' })));
      this.#predict.set(key, plan);
    }
    this.program.write('predict.inputs', inputs);
    const rows = this.#writeRows(1, () => ({ header: { step: 0, position: 0, count, active: true, order: 0 } }));
    const { buffer, offset, stride } = plan.plan.placements[output]!;
    const { network, batchSize, replicas } = this.build;
    const bytes = 4 * batchSize * network.layers.at(-1)!.paddedOutputs;
    const read = Array.from({ length: replicas }, (_, replica) => ({
      buffer, offset: 4 * (offset + replica * stride), bytes,
    }));
    return this.program.submit({ plan, steps: 1, rows, read });
  }

  destroy(): void {
    this.program.destroy();
  }
}
