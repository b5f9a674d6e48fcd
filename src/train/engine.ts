/** A network on an executor: resident data, rows, and the runs that training is made of. */

import { flagged, flagOf, NO_FLAG } from '../kernels/snapshot.ts';
import { averageRow, type Averaging } from '../model/averaging.ts';
import { readBytes, rowBytes, skipRange } from '../compile/buffers.ts';
import { parameterArena, stateArena, type Build } from '../compile/build.ts';
import { loadLoweringsOf, snapshotGraph, type Weights } from '../compile/graphs.ts';
import { initialParameters, initialState } from '../compile/init.ts';
import type { Clock } from '../compile/rows.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import type { PlateauSchedule } from '../model/schedules/index.ts';
import { pad4 } from '../model/arena.ts';
import type { MemoryReport } from '../scheduler/buffers.ts';
import type { Executor, ExecutorFactory, LoadedPlan, Pending, ReadRange } from '../scheduler/executor.ts';
import { makePlan } from '../scheduler/plan.ts';
import { Carried, l1TotalsAt, lastRatesAt } from './carried.ts';
import type { Prepared } from './prepare.ts';
import { checkBudget, checkFits } from './limits.ts';
import { allBuffers, trainerMemory } from './memory.ts';
import type { Span } from './pipeline.ts';
import { Readings } from './readings.ts';
import { Residents, type Resident } from './residents.ts';
import { Rows, type StepOfReplica } from './rows.ts';
import { divisorOf, samplesOf } from './targets.ts';
import type { SampleLosses } from './totals.ts';
import type { Kept } from './training-state.ts';
import { wantedOf, type Wanted } from './wanted.ts';

/** Where a submit of training steps begins. */
export interface TrainingStart {
  /** Steps done, and those that schedules count to. */
  readonly step: number;
  readonly steps: number;
  /** Per replica. */
  readonly active: readonly boolean[];
  /** Steps that were no updates of the replica's. Default none. */
  readonly missed?: readonly number[];
  readonly reductions: readonly ((schedule: PlateauSchedule) => number)[];
}

/** Per replica. */
export type Samples = readonly SampleLosses[];

/** What training steps gave, by replica. */
export interface TrainingResult {
  readonly samples: Samples;
  /** By tensor, as `flagged` reads them: the first step at which it or its state was not finite. */
  readonly flags: readonly Uint32Array[];
  /** Updates left out so far. */
  readonly skipped: readonly number[];
}

const then = <From, To>(pending: Pending<From>, make: (result: From) => To): Pending<To> => ({ collect: async () => make(await pending.collect()) });

/** Dispatches of a training step up to its losses: none of them changes a weight. */
const forwardOf = ({ plan }: LoadedPlan): number => 1 + plan.dispatches.findLastIndex(({ bindings }) => bindings.some(({ buffer }) => buffer === 'samples'));

const floats = (buffers: readonly ArrayBuffer[]): Float32Array[] => buffers.map((buffer) => new Float32Array(buffer));

export class Engine {
  readonly build: Build;
  readonly program: Executor;
  /** The data sets on the GPU. */
  readonly residents: Residents;
  /** What cumulative L1 and FTRL hand on from update to update. */
  l1Totals: Carried;
  lastRates: Carried;
  readonly averaging: Averaging | undefined;
  /** What a divergence puts back; undefined once other weights were put in the place of the trained ones. */
  kept: Kept | undefined;
  /** What penalties are reported from. */
  readonly readings: Readings;
  /** What evaluations tell beside loss and accuracy. */
  readonly wanted: Wanted | undefined;
  #snapshot: LoadedPlan | undefined;
  /** Of plans that evaluate or predict and were found right: whether they still are. */
  readonly verified = new WeakMap<LoadedPlan, () => Promise<void>>();
  readonly #rows: Rows;

  private constructor(prepared: Prepared, program: Executor, { readings, wanted }: Pick<Engine, 'readings' | 'wanted'>) {
    [this.readings, this.wanted] = [readings, wanted];
    this.residents = new Residents(prepared, program);
    this.build = prepared.build;
    this.averaging = prepared.config.averaging;
    this.l1Totals = new Carried(prepared.settings.map(() => null));
    this.lastRates = new Carried(prepared.settings.map(() => null));
    this.program = program;
    this.#rows = new Rows(prepared.build, prepared.settings, program.rowStride);
  }

  /** Checks limits and budget, makes all buffers and what the plans that need no data need, writes initial weights. */
  static async create(executors: ExecutorFactory, prepared: Prepared): Promise<Engine> {
    const { build, config } = prepared;
    await loadLoweringsOf(build);
    checkFits(build, executors.limits);
    checkBudget(config.memoryBudgetBytes, trainerMemory(build));
    const wanted = await wantedOf(prepared);
    const program = await executors.create({
      owner: 'trainer',
      buffers: allBuffers(build),
      rowBytes: rowBytes(build),
      capacity: build.capacity, readBytes: readBytes(build),
    });
    try {
      const engine = new Engine(prepared, program, { readings: await Readings.create(build, program), wanted });
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
    const arena = parameterArena(this.build), state = stateArena(this.build);
    const drawn = new Map<number, Float32Array<ArrayBuffer>>();
    this.settings.forEach(({ seed }, replica) => {
      const initial = drawn.get(seed) ?? initialParameters(network, seed);
      drawn.set(seed, initial);
      this.program.write('parameters', initial, arena.range(replica).offset);
      if (state.length > 0) this.program.write('state', initialState(network, rule, this.settings[replica]!, initial), state.range(replica).offset);
    });
    this.clearFlags();
    this.writeSkipped(this.settings.map(() => 0));
  }

  get longestSubmit(): number { return this.#rows.longest; }
  /** Current settings; `set` replaces them. */
  get settings(): readonly ReplicaSettings[] { return this.#rows.settings; }

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

  memory(): MemoryReport { return this.program.memory(); }

  /** Batches of the data set; the last may be smaller. */
  batches({ data }: Resident): number {
    return Math.ceil(data.length / this.build.batchSize);
  }

  /** Training steps per epoch: updates, each of `accumulate` batches, the last perhaps of fewer. */
  stepsPerEpoch(resident: Resident): number {
    return Math.ceil(this.batches(resident) / this.build.accumulate);
  }

  /** The batches of some training steps of an epoch. */
  #batchesOf(resident: Resident, steps: Span): Span {
    const { accumulate } = this.build;
    const first = steps.first * accumulate;
    return { first, count: Math.min(steps.count * accumulate, this.batches(resident) - first) };
  }

  /** How many samples are in some batches, the last of which may be smaller. */
  #samplesIn({ data }: Resident, { first, count }: Span): number {
    const { batchSize } = this.build;
    return Math.min(count * batchSize, data.length - first * batchSize);
  }

  /** Keeps what is good: once per submit, as soon as a forward pass has shown that. */
  onceIn({ train }: Resident): { plan: LoadedPlan; behind: number } {
    return { plan: this.#snapshot!, behind: forwardOf(train!) };
  }

  /** Rows of training steps. Nothing is sent. @throws what a schedule function does, InputError where it leaves its bounds */
  trainingRows(resident: Resident, steps: Span, start: TrainingStart): Uint8Array<ArrayBuffer> {
    const batches = this.#batchesOf(resident, steps);
    return this.#rows.fill(batches.count, (slot, replica) => this.#trainingRow(resident, batches, start, slot, replica));
  }

  /** Submits training steps of the epoch; the first of them is step `start.step` of the training. */
  train(resident: Resident, steps: Span, start: TrainingStart, rows = this.trainingRows(resident, steps, start)): Pending<TrainingResult> {
    const { rule, replicas, network } = this.build, { orders, orderedWeights } = resident;
    const batches = this.#batchesOf(resident, steps);
    const samples = this.#sampleRanges(resident, batches);
    const flags: ReadRange = { buffer: 'flags', offset: 0, bytes: 4 * replicas * network.tensors.length };
    const pending = this.program.submit({
      once: this.onceIn(resident), plan: resident.train!, steps: batches.count, rows,
      read: { samples, flags: [flags], skips: skipRange(rule, replicas) },
      // A replica that has stopped writes none.
      fresh: samples.filter((_, replica) => start.active[replica]),
    });
    return then(pending, (results) => ({
      samples: samplesOf(floats(results.samples), batches.first * this.build.batchSize, (replica) => orderedWeights?.subarray(orders![replica]!)),
      flags: this.#flagsOf(new Uint32Array(results.flags[0]!)),
      skipped: this.#skippedOf(results.skips[0]),
    }));
  }

  /** What a replica does in one of the batches. */
  #trainingRow(resident: Resident, batches: Span, start: TrainingStart, slot: number, replica: number): StepOfReplica {
    const { batchSize, accumulate, rule } = this.build;
    const step = start.step + Math.floor(slot / accumulate);
    const inGroup = slot % accumulate;
    const batch = batches.first + slot;
    const grouped = this.#samplesIn(resident, { first: batch - inGroup, count: accumulate });
    const active = start.active[replica]!, t = step + 1 - (start.missed?.[replica] ?? 0);
    const clock: Clock = { step, steps: start.steps, t, counted: rule.skip, reductions: start.reductions[replica]! };
    return {
      header: {
        // Every batch draws dropout masks of its own.
        step: start.step * accumulate + slot,
        position: batch * batchSize,
        count: this.#samplesIn(resident, { first: batch, count: 1 }),
        active,
        order: resident.orders![replica]!,
        ...divisorOf(resident, replica, (batch - inGroup) * batchSize, grouped),
        group: {
          count: grouped,
          starts: inGroup === 0,
          ends: inGroup === accumulate - 1 || slot === batches.count - 1,
        },
        ...averageRow(this.averaging, rule.skip ? Infinity : t),
      },
      clock: active ? this.#withCarried(replica, clock) : clock,
    };
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

  /** The kernels count batches. */
  #flagsOf(flags: Uint32Array): Uint32Array[] {
    const { accumulate, network: { tensors } } = this.build;
    return this.settings.map((_, replica) => flags.subarray(replica * tensors.length, (replica + 1) * tensors.length)
      .map((flag) => {
        const found = flagged(flag);
        return found === undefined ? flag : flagOf({ ...found, step: Math.floor(found.step / accumulate) });
      }));
  }

  /** The newer of the counts for even and odd updates: they never fall. */
  #skippedOf(read: ArrayBuffer | undefined): number[] {
    if (read === undefined) return this.settings.map(() => 0);
    const counts = new Uint32Array(read);
    return this.settings.map((_, replica) => Math.max(counts[replica]!, counts[this.build.replicas + replica]!));
  }

  /** Submits evaluation of some batches, in the data set's own order. */
  evaluate(resident: Resident, batches: Span, weights: Weights = 'current', clocks?: readonly Clock[]): Pending<Samples> {
    const rows = this.#rows.fill(batches.count, (slot, replica) => {
      const batch = batches.first + slot;
      const count = this.#samplesIn(resident, { first: batch, count: 1 });
      return { header: { step: 0, position: batch * this.build.batchSize, count, active: true, order: 0, evaluated: clocks?.[replica] } };
    });
    const samples = this.#sampleRanges(resident, batches);
    return then(this.program.submit({ plan: resident[weights]!, steps: batches.count, rows, read: { samples }, fresh: samples }), (read) => samplesOf(floats(read.samples), batches.first * this.build.batchSize, () => resident.meanWeights));
  }

  /** Losses of the batches' samples, by replica. */
  #sampleRanges(resident: Resident, batches: Span): ReadRange[] {
    const { capacity, batchSize } = this.build;
    const bytes = 4 * this.#samplesIn(resident, batches);
    return this.settings.map((_, replica) => ({ buffer: 'samples', offset: 4 * replica * capacity * batchSize, bytes }));
  }

  /** Submits one batch of packed inputs for prediction: `count` padded rows per replica. */
  predict(inputs: Uint8Array<ArrayBuffer>, count: number, plan: LoadedPlan, output: 'logits' | 'probabilities', clocks?: readonly Clock[]): Pending<Float32Array[]> {
    this.program.write('predict.inputs', inputs);
    return this.outputs(plan, { position: 0, count }, output, clocks);
  }

  /** Submits one batch of what a plan predicts from: `count` padded rows per replica. */
  outputs(plan: LoadedPlan, { position, count }: { position: number; count: number }, output: 'logits' | 'probabilities', clocks?: readonly Clock[]): Pending<Float32Array[]> {
    const rows = this.#rows.fill(1, (_slot, replica) => ({ header: { step: 0, position, count, active: true, order: 0, evaluated: clocks?.[replica] } }));
    const bytes = 4 * count * pad4(this.build.network.outputs);
    const [outputs, ...others] = [output, ...Object.keys(plan.plan.results)].map((name) => {
      const { buffer, offset, stride } = plan.plan.results[name]!;
      return this.settings.map((_, replica): ReadRange => ({ buffer, offset: 4 * (offset + replica * stride), bytes }));
    });
    return then(this.program.submit({ plan, steps: 1, rows, read: { outputs: outputs! }, fresh: others.flat() }), (results) => floats(results.outputs));
  }

  destroy(): void { this.program.destroy(); }
}
