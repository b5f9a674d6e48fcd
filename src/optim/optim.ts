/** The fused updates on buffers of the caller's. */

import { InputError } from '../errors.ts';
import { checkNonFinite, type NonFiniteOption } from '../files/finite.ts';
import { demand, isObject, ownNames, textOf } from '../options.ts';
import { ROW_BINDING } from '../kernels/kernel.ts';
import type { RuleName } from '../kernels/rule.ts';
import { flagged } from '../kernels/snapshot.ts';
import { averageRow } from '../model/averaging.ts';
import { boundAt, type ReplicaSettings } from '../model/hyperparameters.ts';
import { rowTable, type RowTable } from '../compile/rows.ts';
import { valueAt, type Schedule } from '../model/schedules/index.ts';
import type { MemoryReport } from '../scheduler/buffers.ts';
import type { VerifyReport } from '../verify/report.ts';
import { readState, writeState, type Progress } from './files.ts';
import type { OptimParts } from './parts.ts';
import { noFlags, SKIP_BYTES } from './plan.ts';
import { checkProgress, writeUpdate } from './row.ts';
import { overridden, type OptimOverrides } from './settings.ts';
import { doneOf, Watch } from './watch.ts';

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

/** Updates parameters in place, in the caller's buffers. Made by `createOptim`. */
export class Optim {
  readonly #parts: OptimParts;
  readonly #row: Uint8Array<ArrayBuffer>;
  readonly #table: RowTable;
  readonly #watch: Watch;
  #progress: Progress;
  /** The last pass that was encoded into, and how often. */
  #pass: GPUComputePassEncoder | undefined;
  #inPass = 0;

  /** Use `createOptim`. */
  constructor(parts: OptimParts) {
    this.#parts = parts;
    this.#row = new Uint8Array(parts.program.rowStride);
    this.#table = rowTable(this.#row.buffer);
    this.#watch = new Watch(parts.program, parts.plan, 4 * parts.tensors.length);
    const { tensors } = settingsAt(parts.settings, parts.rule.name, 0, this.#steps(0));
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
   * order of encoding. More in one pass are refused here. More in several passes are refused on the GPU, which alone
   * knows what was submitted: nothing is updated from there on, `flags` and `save` say so, and so does every `encode` as
   * soon as it is known. For that what the GPU counts is copied every 64 updates, in a submit of its own, which nothing
   * waits for; the answer comes once the loop awaits anything that lets the GPU's answers in.
   *
   * @param overrides values for this update only, by name or 'group.name', such as { learningRate: 0.01, 'weights.l1': 1e-5 }
   * @throws InputError for an override that is not known or out of bounds, a pass that is full, past the horizon, or where an update before was refused; GradshaderError after `destroy`
   */
  encode(pass: GPUComputePassEncoder, overrides: OptimOverrides = {}): void {
    this.#check();
    demand(typeof pass?.setPipeline === 'function', 'encode: pass', 'a GPUComputePassEncoder', pass);
    demand(isObject(overrides), 'encode: overrides', 'an object such as { learningRate: 0.01 }', overrides);
    const { program, plan, tensors, rule, options } = this.#parts;
    const { step, l1Totals, rates } = this.#progress, { refusedAt } = this.#watch;
    if (refusedAt !== undefined) throw refusal(refusedAt, program.capacity);
    if (pass !== this.#pass) [this.#pass, this.#inPass] = [pass, 0];
    if (this.#inPass === program.capacity) throw new InputError(`encode: this pass has ${program.capacity} updates by now. ${advice(program.capacity)}`);
    this.#checkHorizon(overrides);
    const base = settingsAt(this.#parts.settings, rule.name, step, this.#steps(step));
    const settings = overridden(base, overrides, { tensors, groups: options.groups, rule });
    const totals = l1Totals.map((total, i) => total + l1Step(settings, i));
    writeUpdate(this.#table, this.#parts, { step, settings, l1Totals: totals, rates, average: averageRow(options.averaging, rule.skip ? Infinity : step + 1) });
    const slot = step % program.capacity;
    this.#watch.look(step);
    program.write(ROW_BINDING.name, this.#row, slot * program.rowStride);
    program.record(pass, plan, slot);
    this.#inPass++;
    this.#progress = { ...this.#progress, step: step + 1, l1Totals: totals, rates: settings.tensors.map(rateOf) };
  }

  /**
   * What the updates submitted so far met. Waits for them.
   * @throws InputError where an update was refused: see `encode`
   */
  async flags(): Promise<OptimFlags> {
    this.#check();
    const { skipped } = await this.#counts(), flags = await this.#marks();
    const nonFinite = this.#parts.tensors.flatMap(({ name }, i) => {
      const what = flagged(flags[i]!);
      return what === undefined ? [] : [{ name, ...what }];
    });
    return { nonFinite, skipped };
  }

  /** The averaged weights of a parameter. @throws InputError without averaging, or for a name that is not known */
  average(name: string): AverageView {
    this.#check();
    const { program, tensors, rule, arena } = this.#parts;
    if (!rule.average) throw new InputError('average: this optim was made without averaging. Give createOptim ema(...) or swa(...).');
    const tensor = tensors.find((one) => one.name === name);
    if (tensor === undefined) throw new InputError(`average: there is no ${textOf(name)}; there is ${tensors.map((one) => one.name).join(', ')}.`);
    return { buffer: program.buffer('state'), offset: arena.offset(0, 'average', tensor), length: tensor.length };
  }

  /**
   * The optimizer's state and the number of updates, as a safetensors file. The weights are the caller's to save.
   * Submit what was encoded first, and encode nothing until it is there.
   * @throws NonFiniteError naming the first value that is not finite, unless `nonFinite` allows it; InputError where an
   * update that was encoded is not in it, or was refused: see `encode`
   */
  async save(options: NonFiniteOption = {}): Promise<Uint8Array<ArrayBuffer>> {
    this.#check();
    checkNonFinite('save', options);
    const { program, arena: { bytes } } = this.#parts, progress = this.#progress;
    const before = await this.#counts();
    const state = bytes === 0 ? new Float32Array(0) : new Float32Array(await program.read({ buffer: 'state', offset: 0, bytes }));
    const { done, skipped } = await this.#counts();
    await this.#marks();
    if (before.done !== progress.step || done !== progress.step) {
      throw new InputError(`save: ${progress.step} updates were encoded and ${done} are done. Submit what was encoded, and encode nothing while save waits.`);
    }
    return writeState(this.#parts, { progress: { ...progress, skipped }, state }, options);
  }

  /**
   * Puts a saved state back: the same weights and gradients then give the same bits as without the interruption.
   * @param bytes what `save` of an optim with the same rule and parameters gave
   * @param file a name for messages
   * @throws BadFileError, also for a value that is not finite unless `nonFinite` allows it; then nothing has changed;
   * InputError where sums of cumulative L1, or FTRL's last learning rates, come of many more groups than this optim has
   */
  async load(bytes: Uint8Array, file = 'optimizer state', options: NonFiniteOption = {}): Promise<void> {
    this.#check();
    checkNonFinite('load', options);
    const { program, tensors } = this.#parts;
    const { progress, state } = readState(this.#parts, bytes, file, options);
    checkProgress(this.#parts, progress);
    if (state.length > 0) program.write('state', state);
    program.write('skips', Uint32Array.of(progress.skipped, progress.skipped, progress.step, progress.step));
    program.write('flags', noFlags(tensors.length));
    this.#watch.forget();
    this.#progress = progress;
  }

  /**
   * Whether this GPU computes the updates rightly: every kernel of an update runs on drawn numbers, and every number that it
   * gives is compared with float64; then all run together, a few in one pass: what a GPU loses late in a long pass of yours is not
   * tested (a lost update refuses the next one; see `encode`). On copies: no buffer of yours or of this optim is read or written, and it
   * may be asked for at any time. It is not made by itself, unlike a trainer's: what makes your gradients is beyond it, and it needs
   * as many bytes again as parameters, gradients and state, and time that grows with them. Ask for it once per adapter and
   * optimizer, before a training, and send the report where something is wrong.
   * @throws OutOfMemoryError where the copies cannot be had; GradshaderError after `destroy`
   */
  async verify(): Promise<VerifyReport> {
    this.#check();
    return (await import('./verify.ts')).verifyOptim(this.#parts);
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

  /** What the GPU counts: updates done and left out. */
  async #counts(): Promise<{ done: number; skipped: number }> {
    const counts = new Uint32Array(await this.#parts.program.read({ buffer: 'skips', offset: 0, bytes: SKIP_BYTES }));
    return { skipped: Math.max(counts[0]!, counts[1]!), done: doneOf(counts) };
  }

  /** Marks by tensor. @throws InputError where an update was refused */
  async #marks(): Promise<Uint32Array> {
    const { program, tensors: { length } } = this.#parts;
    const flags = new Uint32Array(await program.read({ buffer: 'flags', offset: 0, bytes: noFlags(length).byteLength }));
    if (flags[length] === 0) throw refusal((await this.#counts()).done, program.capacity);
    return flags;
  }

  /** Past their end schedules stand still, at a learning rate of 0 perhaps: nobody means that who does not say so. */
  #checkHorizon(overrides: OptimOverrides): void {
    const { horizon = Infinity, ending } = this.#parts.options, given = ownNames('encode', overrides);
    if (this.step < horizon) return;
    const over = ending.find((name) => !given.some((one) => one === name || one.endsWith(`.${name}`)));
    if (over === undefined) return;
    throw new InputError(`encode: the schedule of ${over} ended with the ${horizon} updates of horizon. Give its value to this encode, or make an optim with a larger horizon.`);
  }

  #steps(step: number): number {
    return this.#parts.options.horizon ?? step + 1;
  }

  #check(): void {
    this.#parts.program.check();
    if (this.#parts.device.lost !== undefined) throw this.#parts.device.lost;
  }
}

const advice = (inFlight: number): string =>
  `Submit at least once every ${inFlight} updates, the stepsInFlight of this optim, or give createOptim more.`;

const refusal = (done: number, inFlight: number): InputError => new InputError(
  `${done} updates were done, and then one came that was not the next: more than ${inFlight} were encoded before the first of them was ` +
    'submitted, or they were submitted in another order than encoded, or what was encoded before a load was submitted after it. ' +
    `Nothing was updated since. ${advice(inFlight)} Then load a state that was saved, or make a new optim.`,
);

const rateOf = ({ values }: ReplicaSettings['tensors'][number]): number => values['learningRate'] as number;

/** All schedules as the numbers that they are at this step. */
function settingsAt({ tensors, clip, ...rest }: ReplicaSettings, rule: RuleName, step: number, steps: number): ReplicaSettings {
  const now = (schedule: Schedule, key: string): number => valueAt(schedule, step, steps, undefined, () => boundAt(rule, key));
  return {
    ...rest,
    clip: now(clip, 'clip'),
    tensors: tensors.map((tensor) => ({
      ...tensor,
      values: Object.fromEntries(Object.entries(tensor.values).map(([name, value]) => [name, now(value, name)])),
      penalties: Object.fromEntries(Object.entries(tensor.penalties).map(([type, penalty]) => [type, { ...penalty, strength: now(penalty.strength, type) }])),
    })),
  };
}

/** What one update adds to the total of the cumulative L1. */
function l1Step({ tensors }: ReplicaSettings, i: number): number {
  const { values, penalties: { l1 } } = tensors[i]!;
  return l1?.rule === 'cumulative' ? (values['learningRate'] as number) * (l1.strength as number) : 0;
}
