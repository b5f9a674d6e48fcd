/** The fused updates on buffers of the caller's. */

import type { Device } from '../device/index.ts';
import { InputError } from '../errors.ts';
import type { NonFiniteOption } from '../files/finite.ts';
import { ROW_BINDING } from '../kernels/kernel.ts';
import type { Rule } from '../kernels/rule.ts';
import { flagged, NO_FLAG } from '../kernels/snapshot.ts';
import type { Arena } from '../model/arena.ts';
import { averageWeight } from '../model/averaging.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import { rowTable, writeRow, type Clock, type RowTable } from '../compile/rows.ts';
import { valueAt, type Schedule } from '../model/schedules/index.ts';
import type { MemoryReport } from '../scheduler/buffers.ts';
import type { Program, ReadyPlan } from '../webgpu/program.ts';
import { readState, writeState, type Progress } from './files.ts';
import type { Settings } from './options.ts';
import { overridden, type OptimOverrides } from './settings.ts';
import type { Tensor } from './tensors.ts';

/** What happened in the updates that were submitted so far. */
export interface OptimFlags {
  /**
   * Parameters with a gradient or new weight that was not finite, or, with `isState`, only a slot of their state that was
   * not, and the first update, from 0, at which it was so.
   */
  readonly nonFinite: readonly { readonly name: string; readonly step: number; readonly isState: boolean }[];
  /** Updates left out under onNonFinite: 'skip'. */
  readonly skipped: number;
}

/** Averaged weights on the GPU. The buffer belongs to the optim; it may be bound read-only, or copied from. */
export interface AverageView {
  readonly buffer: GPUBuffer;
  /** Floats; the offset is a multiple of 256. */
  readonly offset: number;
  readonly length: number;
}

/** What `createOptim` puts together. */
export interface OptimParts {
  readonly device: Device;
  /** Whether the device is closed with the optim: it is our own wrapping of the caller's. */
  readonly closesDevice: boolean;
  readonly program: Program;
  readonly plan: ReadyPlan;
  readonly tensors: readonly Tensor[];
  readonly rule: Rule;
  /** Of the state. */
  readonly arena: Arena;
  readonly settings: ReplicaSettings;
  readonly options: Settings;
}

/** Updates parameters in place, in the caller's buffers. Made by `createOptim`. */
export class Optim {
  readonly #parts: OptimParts;
  readonly #row: Uint8Array<ArrayBuffer>;
  readonly #table: RowTable;
  #progress: Progress;

  /** Use `createOptim`. */
  constructor(parts: OptimParts) {
    this.#parts = parts;
    this.#row = new Uint8Array(parts.program.rowStride);
    this.#table = rowTable(this.#row.buffer);
    const { tensors } = settingsAt(parts.settings, 0, this.#steps(0));
    this.#progress = {
      step: 0, skipped: 0, l1Totals: tensors.map(() => 0), rates: tensors.map(({ values }) => values['learningRate'] as number),
    };
  }

  /** Updates encoded so far, those of a loaded state included. */
  get step(): number {
    return this.#progress.step;
  }

  /**
   * Encodes one update into a compute pass: gradients must have been written by what was encoded before it, and what
   * is encoded after it sees the new weights. Changes the pass's pipeline and bind group 0. Makes nothing on the GPU;
   * uploads one row of hyperparameters through the queue. Submit at least once every `stepsInFlight` updates, in the
   * order of encoding.
   *
   * @param overrides values for this update only, by name or 'group.name', such as { learningRate: 0.01, 'weights.l1': 1e-5 }
   * @throws InputError for an override that is not known or out of bounds; GradshaderError after `destroy`
   */
  encode(pass: GPUComputePassEncoder, overrides: OptimOverrides = {}): void {
    this.#check();
    const { program, plan, tensors, rule, options } = this.#parts;
    const { step, l1Totals, rates } = this.#progress;
    const base = settingsAt(this.#parts.settings, step, this.#steps(step));
    const settings = overridden(base, overrides, { tensors, groups: options.groups, rule });
    const totals = l1Totals.map((total, i) => total + l1Step(settings, i));
    // Schedules are numbers by now, so the step does not matter.
    const clock: Clock = { step: 0, steps: 1, t: step + 1, counted: rule.skip, l1Totals: totals, lastRates: rates };
    const header = {
      step, position: 0, count: 0, active: true, order: 0, slot: 0, averageWeight: averageWeight(options.averaging, step + 1),
    };
    writeRow(this.#table, 0, header, settings, rule.name, clock);
    const slot = step % program.capacity;
    program.write(ROW_BINDING.name, this.#row, slot * program.rowStride);
    program.record(pass, plan, slot);
    this.#progress = { ...this.#progress, step: step + 1, l1Totals: totals, rates: settings.tensors.map(rateOf) };
  }

  /** What the updates submitted so far met. Waits for them. */
  async flags(): Promise<OptimFlags> {
    this.#check();
    const { program, tensors, rule } = this.#parts;
    const found = new Uint32Array(await program.read({ buffer: 'flags', offset: 0, bytes: 4 * tensors.length }));
    const nonFinite = tensors.flatMap(({ name }, i) => {
      const what = flagged(found[i]!);
      return what === undefined ? [] : [{ name, ...what }];
    });
    return { nonFinite, skipped: rule.skip ? await this.#skipped() : 0 };
  }

  /** The averaged weights of a parameter. @throws InputError without averaging, or for a name that is not known */
  average(name: string): AverageView {
    this.#check();
    const { program, tensors, rule, arena } = this.#parts;
    if (!rule.average) throw new InputError('average: this optim was made without averaging. Give createOptim ema(...) or swa(...).');
    const tensor = tensors.find((one) => one.name === name);
    if (tensor === undefined) throw new InputError(`average: there is no ${name}; there is ${tensors.map((one) => one.name).join(', ')}.`);
    return { buffer: program.buffer('state'), offset: arena.offset(0, 'average', tensor), length: tensor.length };
  }

  /**
   * The optimizer's state and the number of updates, as a safetensors file. The weights are the caller's to save.
   * Submit what was encoded first.
   * @throws NonFiniteError naming the first value that is not finite, unless `nonFinite` allows it
   */
  async save(options: NonFiniteOption = {}): Promise<Uint8Array<ArrayBuffer>> {
    this.#check();
    const { program, rule, arena: { bytes } } = this.#parts;
    const progress = { ...this.#progress };
    const state = bytes === 0 ? new Float32Array(0) : new Float32Array(await program.read({ buffer: 'state', offset: 0, bytes }));
    return writeState(this.#parts, { progress: { ...progress, skipped: rule.skip ? await this.#skipped() : 0 }, state }, options);
  }

  /**
   * Puts a saved state back: the same weights and gradients then give the same bits as without the interruption.
   * @param bytes what `save` of an optim with the same rule and parameters gave
   * @param file a name for messages
   * @throws BadFileError, also for a value that is not finite unless `nonFinite` allows it; then nothing has changed
   */
  async load(bytes: Uint8Array, file = 'optimizer state', options: NonFiniteOption = {}): Promise<void> {
    this.#check();
    const { program, tensors } = this.#parts;
    const { progress, state } = readState(this.#parts, bytes, file, options);
    if (state.length > 0) program.write('state', state);
    program.write('skips', Uint32Array.of(progress.skipped, progress.skipped));
    program.write('flags', new Uint32Array(tensors.length).fill(NO_FLAG));
    this.#progress = progress;
  }

  /** Exact bytes of the optim's own buffers, by category. The caller's do not count. */
  memory(): MemoryReport {
    return this.#parts.program.memory();
  }

  /** Destroys the optim's own buffers; the caller's stay. Twice is fine. */
  destroy(): void {
    this.#parts.program.destroy();
    if (this.#parts.closesDevice) void this.#parts.device.close();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  /** Two counts, for even and odd updates: the later one is the larger. */
  async #skipped(): Promise<number> {
    const counts = new Uint32Array(await this.#parts.program.read({ buffer: 'skips', offset: 0, bytes: 8 }));
    return Math.max(counts[0]!, counts[1]!);
  }

  #steps(step: number): number {
    return this.#parts.options.horizon ?? step + 1;
  }

  #check(): void {
    this.#parts.program.check();
    if (this.#parts.device.lost !== undefined) throw this.#parts.device.lost;
  }
}

const rateOf = ({ values }: ReplicaSettings['tensors'][number]): number => values['learningRate'] as number;

/** All schedules as the numbers that they are at this step. */
function settingsAt({ tensors, clip, ...rest }: ReplicaSettings, step: number, steps: number): ReplicaSettings {
  const now = (schedule: Schedule): number => valueAt(schedule, step, steps);
  return {
    ...rest,
    clip: now(clip),
    tensors: tensors.map((tensor) => ({
      ...tensor,
      values: Object.fromEntries(Object.entries(tensor.values).map(([name, value]) => [name, now(value)])),
      penalties: Object.fromEntries(Object.entries(tensor.penalties).map(([type, penalty]) => [type, { ...penalty, strength: now(penalty.strength) }])),
    })),
  };
}

/** What one update adds to the total of the cumulative L1. */
function l1Step({ tensors }: ReplicaSettings, i: number): number {
  const { values, penalties: { l1 } } = tensors[i]!;
  return l1?.rule === 'cumulative' ? (values['learningRate'] as number) * (l1.strength as number) : 0;
}
