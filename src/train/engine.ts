/** A Program with a network on it: resident data, rows, and the runs that training is made of. */

import type { Device } from '../device/index.ts';
import { NO_FLAG } from '../kernels/snapshot.ts';
import { stateSlots } from '../kernels/rule.ts';
import { averageWeight, type Averaging } from '../model/averaging.ts';
import { readBytes, rowBytes, skipRange } from '../compile/buffers.ts';
import type { Build, DataFormat } from '../compile/build.ts';
import { predictGraph, snapshotGraph, type Weights } from '../compile/graphs.ts';
import { initialParameters, initialState } from '../compile/init.ts';
import type { Clock } from '../compile/rows.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import type { PlateauSchedule } from '../model/schedules/index.ts';
import { pad4 } from '../model/arena.ts';
import { makePlan } from '../scheduler/plan.ts';
import type { LoadedPlan, Pending } from '../scheduler/buffers.ts';
import { Program } from '../scheduler/program.ts';
import { Carried, l1TotalsAt, lastRatesAt } from './carried.ts';
import { allBuffers, checkBudget, checkFits, trainerMemory, type MemoryReport, type Prepared } from './config.ts';
import { Readings } from './readings.ts';
import { Residents, type Resident } from './residents.ts';
import { Rows } from './rows.ts';

/** Where a submit of training steps begins. */
export interface TrainingStart {
  /** Steps done, and those that schedules count to. */
  readonly step: number;
  readonly steps: number;
  /** Per replica. */
  readonly active: readonly boolean[];
  readonly reductions: readonly ((schedule: PlateauSchedule) => number)[];
}

export class Engine {
  readonly build: Build;
  readonly program: Program;
  /** The data sets on the GPU. */
  readonly residents: Residents;
  /** What cumulative L1 and FTRL hand on from update to update. */
  l1Totals: Carried;
  lastRates: Carried;
  readonly averaging: Averaging | undefined;
  /** What penalties are reported from. */
  readonly readings: Readings;
  #snapshot: LoadedPlan | undefined;
  readonly #predict = new Map<string, LoadedPlan>();
  readonly #rows: Rows;

  private constructor(device: Device, prepared: Prepared, program: Program, readings: Readings) {
    this.readings = readings;
    this.residents = new Residents(device, prepared, program);
    this.build = prepared.build;
    this.averaging = prepared.config.averaging;
    this.l1Totals = new Carried(prepared.settings.map(() => null));
    this.lastRates = new Carried(prepared.settings.map(() => null));
    this.program = program;
    this.#rows = new Rows(prepared.build, prepared.settings, program.rowStride);
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
      const engine = new Engine(device, prepared, program, await Readings.create(build, program));
      engine.#snapshot = await program.load(makePlan(snapshotGraph(build)));
      engine.reset();
      return engine;
    } catch (error) {
      program.destroy();
      throw error;
    }
  }

  /** Initial weights, zero state, no flags. */
  reset(): void {
    const { network, rule } = this.build;
    const slots = stateSlots(rule).length;
    const drawn = new Map<number, Float32Array<ArrayBuffer>>();
    this.settings.forEach(({ seed }, replica) => {
      const initial = drawn.get(seed) ?? initialParameters(network, seed);
      drawn.set(seed, initial);
      this.program.write('parameters', initial, 4 * replica * network.stride);
      if (slots > 0) {
        const state = initialState(network, rule, this.settings[replica]!, initial);
        this.program.write('state', state, 4 * replica * slots * network.stride);
      }
    });
    this.clearFlags();
    this.writeSkipped(this.settings.map(() => 0));
  }

  /** Current settings; `set` replaces them. */
  get settings(): readonly ReplicaSettings[] {
    return this.#rows.settings;
  }

  set settings(settings: readonly ReplicaSettings[]) {
    this.#rows.settings = settings;
  }

  clearFlags(): void {
    this.program.write('flags', new Uint32Array(this.build.replicas * this.build.network.tensors.length).fill(NO_FLAG));
  }

  /** How many updates each replica left out so far. */
  writeSkipped(counts: readonly number[]): void {
    // For even and odd updates: either half may be the one that is read next.
    if (this.build.rule.skip) this.program.write('skips', Uint32Array.from([...counts, ...counts]));
  }

  /** Puts the last good parameters and state of some replicas back. */
  restore(replicas: readonly number[]): void {
    const arena = 4 * this.build.network.stride;
    const state = arena * stateSlots(this.build.rule).length;
    this.program.copy(replicas.flatMap((replica) => [
      { from: 'snapshot.parameters', to: 'parameters', offset: replica * arena, bytes: arena },
      ...(state > 0 ? [{ from: 'snapshot.state', to: 'state', offset: replica * state, bytes: state }] : []),
    ]));
  }

  memory(): MemoryReport {
    return this.program.memory();
  }

  /** Batches of the data set; the last may be smaller. */
  batches({ data }: Resident): number {
    return Math.ceil(data.length / this.build.batchSize);
  }

  /** Training steps per epoch: updates, each of `accumulate` batches, the last perhaps of fewer. */
  stepsPerEpoch(resident: Resident): number {
    return Math.ceil(this.batches(resident) / this.build.accumulate);
  }

  /** The batches of some training steps of an epoch: the first, and how many. */
  #batchesOf(resident: Resident, step: number, steps: number): { first: number; batches: number } {
    const { accumulate } = this.build;
    const first = step * accumulate;
    return { first, batches: Math.min(steps * accumulate, this.batches(resident) - first) };
  }

  #count({ data }: Resident, batch: number): number {
    const { batchSize } = this.build;
    return Math.min(batchSize, data.length - batch * batchSize);
  }

  /**
   * Submits training steps: steps `first` .. `first + steps - 1` of the epoch, as steps `start.step` and on.
   * The result is every sample's loss (negative for a miss), replica by replica, then all flags and, where updates may
   * be left out, how many were: see `samplesOf`, `flagsOf` and `skippedOf`.
   */
  train(resident: Resident, first: number, steps: number, start: TrainingStart): Pending {
    const { batchSize, accumulate, rule, replicas, network } = this.build;
    const { first: firstBatch, batches } = this.#batchesOf(resident, first, steps);
    const rows = this.#rows.fill(batches, (slot, replica) => {
      const step = start.step + Math.floor(slot / accumulate);
      const inGroup = slot % accumulate;
      const batch = firstBatch + slot;
      const position = batch * batchSize;
      const clock: Clock = { step, steps: start.steps, t: step + 1, counted: rule.skip, reductions: start.reductions[replica]! };
      return {
        header: {
          // Every batch draws dropout masks of its own.
          step: start.step * accumulate + slot,
          position,
          count: this.#count(resident, batch),
          active: start.active[replica]!,
          order: resident.orders![replica]!,
          group: {
            count: Math.min(accumulate * batchSize, resident.data.length - (position - inGroup * batchSize)),
            starts: inGroup === 0,
            ends: inGroup === accumulate - 1 || slot === batches - 1,
          },
          averageWeight: averageWeight(this.averaging, step + 1),
        },
        clock: start.active[replica] ? this.#withCarried(replica, clock) : clock,
      };
    });
    const flags = { buffer: 'flags', offset: 0, bytes: 4 * replicas * network.tensors.length };
    return this.program.submit({
      before: this.#snapshot!, plan: resident.train!, steps: batches, rows,
      read: [...this.#sampleRanges(batches), flags, ...skipRange(rule, replicas)],
    });
  }

  #withCarried(replica: number, clock: Clock): Clock {
    const { rule } = this.build;
    const settings = this.settings[replica]!;
    return {
      ...clock,
      ...(rule.l1Cumulative && { l1Totals: l1TotalsAt(this.l1Totals, replica, settings, clock) }),
      ...(rule.name === 'ftrl' && { lastRates: lastRatesAt(this.lastRates, replica, settings, clock) }),
    };
  }

  /** Submits evaluation steps over batches `batch` .. `batch + steps - 1`, in the data set's own order. */
  evaluate(resident: Resident, batch: number, steps: number, weights: Weights = 'current'): Pending {
    const { batchSize } = this.build;
    const rows = this.#rows.fill(steps, (slot) => ({
      header: {
        step: 0, position: (batch + slot) * batchSize, count: this.#count(resident, batch + slot), active: true, order: 0,
      },
    }));
    return this.program.submit({ plan: resident[weights]!, steps, rows, read: this.#sampleRanges(steps) });
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

  /** The same of training steps `first` .. `first + steps - 1` of an epoch. */
  trainingSamplesOf(result: ArrayBuffer, resident: Resident, first: number, steps: number, replica: number): Generator<Float32Array> {
    const { first: batch, batches } = this.#batchesOf(resident, first, steps);
    return this.samplesOf(result, resident, batch, batches, replica);
  }

  /** Per replica and tensor: the first step at which it was not finite, or NO_FLAG. */
  flagsOf(result: ArrayBuffer, resident: Resident, first: number, steps: number): Uint32Array {
    const { replicas, batchSize, network, accumulate } = this.build;
    const { batches } = this.#batchesOf(resident, first, steps);
    const flags = new Uint32Array(result, 4 * replicas * batches * batchSize, replicas * network.tensors.length);
    return flags.map((flag) => (flag === NO_FLAG ? flag : Math.floor(flag / accumulate)));
  }

  /** Updates that each replica left out so far. */
  skippedOf(result: ArrayBuffer, resident: Resident, first: number, steps: number): number[] {
    const { replicas, rule } = this.build;
    if (!rule.skip) return this.settings.map(() => 0);
    const flags = this.flagsOf(result, resident, first, steps);
    const { batches } = this.#batchesOf(resident, first, steps);
    const counts = new Uint32Array(result, 4 * replicas * batches * this.build.batchSize + flags.byteLength, 2 * replicas);
    // The newer of the halves for even and odd updates: counts never fall.
    return this.settings.map((_, replica) => Math.max(counts[replica]!, counts[replicas + replica]!));
  }

  /** Submits one batch of packed inputs for prediction; the result is one replica's padded rows after the other's. */
  async predict(
    inputs: Uint8Array<ArrayBuffer>, count: number, format: Omit<DataFormat, 'name'>,
    output: 'logits' | 'probabilities', weights: Weights,
  ): Promise<Pending> {
    const key = JSON.stringify({ ...format, weights });
    let plan = this.#predict.get(key);
    if (plan === undefined) {
      plan = await this.program.load(makePlan(predictGraph(this.build, { ...format, name: 'predict' }, weights)));
      this.#predict.set(key, plan);
    }
    this.program.write('predict.inputs', inputs);
    const rows = this.#rows.fill(1, () => ({ header: { step: 0, position: 0, count, active: true, order: 0 } }));
    const { buffer, offset, stride } = plan.plan.results[output]!;
    const { network, batchSize, replicas } = this.build;
    const bytes = 4 * batchSize * pad4(network.outputs);
    const read = Array.from({ length: replicas }, (_, replica) => ({
      buffer, offset: 4 * (offset + replica * stride), bytes,
    }));
    return this.program.submit({ plan, steps: 1, rows, read });
  }

  destroy(): void {
    this.program.destroy();
  }
}
