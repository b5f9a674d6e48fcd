/** The training loop: epochs of pipelined submits, validation, progress, and what happens on divergence. */

import type { Dataset } from '../data/dataset.ts';
import { InputError, NonFiniteError } from '../errors.ts';
import { NO_FLAG } from '../kernels/snapshot.ts';
import { valueAt } from '../model/schedules.ts';
import type { Pace } from '../scheduler/pace.ts';
import type { Engine } from './engine.ts';
import type { Epoch, Progress, ReplicaEpoch } from './events.ts';
import { evaluateResident } from './evaluate.ts';
import type { Mutex } from './mutex.ts';
import { runPipeline, type Batch } from './pipeline.ts';
import type { Resident } from './residents.ts';
import { penaltiesOf } from './penalties.ts';
import { addSamples, meanOf, noTotals, type Totals } from './totals.ts';

export interface FitOptions {
  /**
   * Total number of epochs since the start of training, not further ones. The first call's number is also the horizon
   * that schedules count to; a later call with more epochs goes on at a schedule's final value.
   */
  readonly epochs: number;
  /** Evaluated at the end of each epoch, whole, dropout off. */
  readonly validation?: Dataset;
  /** Stops at the next submit boundary; `fit` then ends without an error and can be called again to go on. */
  readonly signal?: AbortSignal;
  /** About once per submit. What it throws ends `fit`, once nothing is in flight. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stop after this many training steps in all. */
  readonly steps?: number;
  /** A fixed number of steps per submit in place of the measured pace. The results are the same bits. */
  readonly stepsPerSubmit?: number;
}

/** @throws InputError naming the option */
export function checkFitOptions({ epochs, steps, stepsPerSubmit }: Partial<FitOptions> = {}): void {
  const counts = { epochs: epochs as number, steps: steps ?? 1, stepsPerSubmit: stepsPerSubmit ?? 1 };
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InputError(`fit: ${name} must be a whole number of 1 or more, got ${value}.`);
    }
  }
}

/** Where training stands. Saved in checkpoints; everything here is plain data. */
export interface TrainingState {
  /** Steps done. */
  step: number;
  /** Current epoch, 0-based, and batches done in it. */
  epoch: number;
  batch: number;
  /** Steps that schedules count to; set by the first fit. */
  horizon: number;
  /** Samples of the training set, once there was one. */
  samples: number;
  /** Per replica: sums over the current epoch, and the divergence that froze it. */
  totals: Totals[];
  diverged: ({ step: number; tensor: string } | null)[];
}

export const initialState = (replicas: number): TrainingState => ({
  step: 0, epoch: 0, batch: 0, horizon: 0, samples: 0,
  totals: Array.from({ length: replicas }, noTotals),
  diverged: Array.from({ length: replicas }, () => null),
});

/** Milliseconds of GPU time aimed at per submit: long ones freeze pages, and drivers reset a GPU that hangs in one. */
export const defaultSubmitMilliseconds = (adapter: 'software' | 'hardware'): number => (adapter === 'software' ? 500 : 100);

/** Measured paces, kept from one call to the next. */
export interface Paces {
  readonly train: Pace;
  readonly evaluate: Pace;
}

export class FitLoop {
  readonly #engine: Engine;
  readonly #state: TrainingState;
  readonly #options: FitOptions;
  readonly #mutex: Mutex;
  readonly #paces: Paces;
  #epochMilliseconds = 0;
  #epochImages = 0;
  /** A GPU error in the middle of submits: nobody knows which of them ran, so weights and position may differ. */
  interruption: Error | undefined;
  #failure: NonFiniteError | undefined;
  /** What `onProgress` threw: it ends the run once nothing is in flight. */
  #callbackError: { readonly error: unknown } | undefined;
  /** Replicas that diverged in the pipeline now running. */
  #fresh: number[] = [];

  constructor(engine: Engine, state: TrainingState, options: FitOptions, mutex: Mutex, paces: Paces) {
    this.#engine = engine;
    this.#state = state;
    this.#options = options;
    this.#mutex = mutex;
    this.#paces = paces;
  }

  get #active(): boolean[] {
    return this.#state.diverged.map((found) => found === null);
  }

  get #aborted(): boolean {
    return this.#options.signal?.aborted === true || this.#callbackError !== undefined;
  }

  get #stopped(): boolean {
    return this.#aborted || this.#state.step >= (this.#options.steps ?? Infinity);
  }

  /** Trains up to the target. The caller holds the mutex. */
  async run(train: Dataset, emit: (epoch: Epoch) => void): Promise<void> {
    const state = this.#state;
    const engine = this.#engine;
    const { validation, epochs } = this.#options;
    engine.residents.pinned.add(train);
    if (validation !== undefined) engine.residents.pinned.add(validation);
    try {
      const resident = await engine.residents.attach(train, 'train');
      const batches = engine.batches(resident);
      this.#begin(train, batches);
      if (validation !== undefined) await engine.residents.attach(validation, 'evaluate');
      // An epoch whose evaluation was aborted has all its batches done, and still has to end.
      while (state.epoch < epochs && (!this.#stopped || (state.batch === batches && !this.#aborted))) {
        await this.#trainEpoch(resident, batches);
        if (this.#failure !== undefined) throw this.#failure;
        const epoch = state.batch < batches ? undefined : await this.#endEpoch();
        if (epoch !== undefined) emit(epoch);
        if (this.#callbackError !== undefined) throw this.#callbackError.error;
        if (epoch === undefined) return;
      }
    } finally {
      engine.residents.pinned.clear();
    }
  }

  #begin(train: Dataset, batches: number): void {
    const state = this.#state;
    if (state.batch > 0 && state.samples !== train.length) {
      throw new InputError(
        `Training stopped in the middle of an epoch over ${state.samples} samples; ${train.name} has ${train.length}. ` +
          'Go on with the same training set.',
      );
    }
    state.samples = train.length;
    if (state.horizon === 0) state.horizon = this.#options.epochs * batches;
    this.#engine.clearFlags();
  }

  async #trainEpoch(resident: Resident, batches: number): Promise<void> {
    const state = this.#state;
    this.#engine.residents.shuffle(resident, state.epoch);
    while (state.batch < batches && !this.#stopped && this.#failure === undefined) {
      const limit = Math.min(batches, state.batch + Math.max(0, (this.#options.steps ?? Infinity) - state.step));
      const start = { step: state.step, batch: state.batch };
      let submits = 0;
      await runPipeline({
        from: state.batch,
        to: limit,
        pace: this.#paces.train,
        stepsPerSubmit: this.#options.stepsPerSubmit,
        submit: ({ first, steps }) => {
          submits++;
          const step = start.step + first - start.batch;
          return this.#engine.train(resident, first, steps, { step, steps: state.horizon }, this.#active);
        },
        take: (result, batch, milliseconds) => this.#take(resident, batches, result, batch, milliseconds),
        // At least one submit a turn: callers that keep coming must not keep training from going on.
        stopped: () => this.#aborted || (submits > 0 && this.#mutex.contended),
      }).catch((error: Error) => {
        this.interruption = error;
        throw error;
      });
      this.#putBack();
      if (this.#mutex.contended) await this.#mutex.yield();
    }
  }

  /** Adds a submit's results to the state, or finds that a replica diverged in it. */
  #take(resident: Resident, batches: number, result: ArrayBuffer, { first, steps }: Batch, milliseconds: number): boolean {
    const state = this.#state;
    const flags = this.#engine.flagsOf(result, steps);
    const { tensors } = this.#engine.build.network;
    const found = state.diverged.map((known, replica) => {
      if (known !== null) return null;
      const own = flags.subarray(replica * tensors.length, (replica + 1) * tensors.length);
      const step = own.reduce((a, b) => Math.min(a, b), NO_FLAG);
      return step === NO_FLAG ? null : { step, tensor: tensors[own.indexOf(step)]!.name };
    });
    if (found.some((divergence) => divergence !== null)) {
      found.forEach((divergence, replica) => {
        if (divergence === null) return;
        state.diverged[replica] = divergence;
        this.#fresh.push(replica);
      });
      if (this.#active.every((active) => !active)) {
        const replica = found.findIndex((divergence) => divergence !== null);
        const { step, tensor } = found[replica]!;
        this.#failure = new NonFiniteError(step, tensor, replica,
          `The weights of step ${state.step}, the last good ones, were put back. Try a smaller learning rate; check the data for NaN and infinity.`);
        return false;
      }
    }
    state.totals.forEach((totals, replica) => {
      if (state.diverged[replica] !== null) return;
      for (const samples of this.#engine.samplesOf(result, resident, first, steps, replica)) addSamples(totals, samples);
    });
    state.step += steps;
    state.batch += steps;
    this.#epochMilliseconds += milliseconds;
    this.#epochImages += Math.min(resident.data.length - first * this.#engine.build.batchSize, steps * this.#engine.build.batchSize);
    this.#report(batches, steps, milliseconds);
    return true;
  }

  /**
   * Puts the last good weights of newly diverged replicas back, once nothing is in flight. They stay frozen; but when
   * none is left and `fit` fails, they may try again, say with a smaller learning rate.
   */
  #putBack(): void {
    const { diverged, totals } = this.#state;
    if (this.#fresh.length > 0) this.#engine.restore(this.#fresh);
    if (this.#failure !== undefined) {
      diverged.forEach((known, replica) => {
        // One that was frozen earlier missed a part of this epoch: its sums begin again.
        if (known !== null && !this.#fresh.includes(replica)) totals[replica] = noTotals();
        diverged[replica] = null;
      });
    }
    this.#fresh = [];
  }

  #report(batches: number, steps: number, milliseconds: number): void {
    const state = this.#state;
    const replica = Math.max(0, state.diverged.indexOf(null));
    const left = this.#options.epochs * batches - (state.epoch * batches + state.batch);
    const progress: Progress = {
      epoch: state.epoch + 1,
      epochs: this.#options.epochs,
      stepInEpoch: state.batch,
      stepsPerEpoch: batches,
      step: state.step,
      ...meanOf(state.totals[replica]!),
      imagesPerSecond: this.#imagesPerSecond,
      stepMilliseconds: milliseconds / steps,
      stepsPerSubmit: steps,
      secondsLeft: (left * this.#paces.train.stepMilliseconds) / 1000,
    };
    try {
      this.#options.onProgress?.(progress);
    } catch (error) {
      this.#callbackError ??= { error };
    }
  }

  get #imagesPerSecond(): number {
    return this.#epochMilliseconds === 0 ? 0 : (1000 * this.#epochImages) / this.#epochMilliseconds;
  }

  /** Evaluates and closes the epoch; undefined, and nothing changed, when the evaluation was aborted. */
  async #endEpoch(): Promise<Epoch | undefined> {
    const state = this.#state;
    const engine = this.#engine;
    const { validation } = this.#options;
    const sums = penaltiesOf(engine, await engine.sums(), state.step, state.horizon);
    const validations =
      validation && (await evaluateResident(engine, validation, this.#paces.evaluate, () => this.#aborted));
    if (validation !== undefined && validations === undefined) return undefined;
    const replicas = engine.settings.map((settings, replica): ReplicaEpoch => {
      const { loss, accuracy } = meanOf(state.totals[replica]!);
      const { penalty, zeros } = sums[replica]!;
      const diverged = state.diverged[replica];
      return {
        loss, accuracy, penalty, objective: loss + penalty, zeros,
        learningRate: valueAt(settings.tensors[0]!.learningRate, state.step - 1, state.horizon),
        ...(validations !== undefined && { validation: validations[replica]! }),
        ...(diverged && { diverged }),
      };
    });
    const epoch: Epoch = {
      ...replicas[0]!,
      epoch: state.epoch + 1,
      step: state.step,
      seconds: this.#epochMilliseconds / 1000,
      imagesPerSecond: this.#imagesPerSecond,
      replicas,
    };
    state.epoch++;
    state.batch = 0;
    state.totals = state.totals.map((totals, replica) => (state.diverged[replica] === null ? noTotals() : totals));
    this.#epochMilliseconds = 0;
    this.#epochImages = 0;
    return epoch;
  }
}
