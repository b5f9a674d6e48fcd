/** The training loop: epochs of pipelined submits, validation, progress, and what happens on divergence. */

import type { Dataset } from '../data/dataset.ts';
import type { AdapterState } from '../device/index.ts';
import { flagged, mostLoss } from '../kernels/snapshot.ts';
import { lossTypeOf } from '../model/losses/index.ts';
import { copyOf } from '../model/schedules/index.ts';
import type { Pace } from '../scheduler/pace.ts';
import { begun } from './begin.ts';
import type { Divergence } from './divergence.ts';
import type { Engine, TrainingResult, TrainingStart } from './engine.ts';
import { closeEpoch, measure } from './epoch-end.ts';
import { attachEvaluated } from './attach.ts';
import type { Epoch, Progress } from './events.ts';
import { bestAsked, type FitOptions } from './fit-options.ts';
import { keep, keepBeginning } from './kept.ts';
import type { Mutex } from './mutex.ts';
import { runPipeline, type Span } from './pipeline.ts';
import { reductionsOf } from './plateaus.ts';
import type { Resident } from './residents.ts';
import { addSamples, meanOf } from './totals.ts';
import { activeReplicas, type Kept, type TrainingState } from './training-state.ts';
import type { Canary, Verify } from './verify/once.ts';

/** Milliseconds of GPU time aimed at per submit: long ones freeze pages, and drivers reset a GPU (or what may be one) that hangs in one. */
export const defaultSubmitMilliseconds = (adapter: AdapterState): number => (adapter === 'software' ? 500 : 100);

/** Measured paces, kept from one call to the next. */
export interface Paces {
  readonly train: Pace;
  readonly evaluate: Pace;
}

export class FitLoop {
  readonly #engine: Engine;
  /** A copy of the trainer's, which takes its place with the first step: a fit that ends before leaves no trace. */
  #state: TrainingState;
  /** The trainer's, as the fit found it. */
  readonly #before: Readonly<TrainingState>;
  readonly #commit: (state: TrainingState) => void;
  readonly #options: FitOptions;
  readonly #mutex: Mutex;
  readonly #paces: Paces;
  /** None where results are not tested. */
  readonly #verify: Verify | undefined;
  #epochMilliseconds = 0;
  #epochImages = 0;
  /** A GPU error in the middle of submits: nobody knows which of them ran, so weights and position may differ. */
  interruption: Error | undefined;
  #failure: Divergence | undefined;
  /** What `onProgress` threw, or a schedule function for a submit that thus never was: it ends the run once nothing is in flight. */
  #callbackError: { readonly error: unknown } | undefined;
  /** Replicas that diverged in the pipeline now running, and where they go on if nothing else does. */
  #fresh: number[] = [];
  #back: Kept['state'] | undefined;

  /** @param commit given the training's state once something was done: it changes from then on */
  constructor(engine: Engine, state: TrainingState, options: FitOptions, mutex: Mutex, paces: Paces, commit: (state: TrainingState) => void, verify?: Verify) {
    this.#verify = verify;
    this.#engine = engine;
    this.#state = this.#before = state;
    this.#commit = commit;
    this.#options = options;
    this.#mutex = mutex;
    this.#paces = paces;
  }

  get #aborted(): boolean {
    return this.#options.signal?.aborted === true || this.#callbackError !== undefined;
  }

  get #stopped(): boolean {
    return this.#aborted || this.#state.step >= (this.#options.steps ?? Infinity);
  }

  /** Until the target, or until no replica trains any more: that epoch still ends. */
  #goesOn(stepsPerEpoch: number): boolean {
    const { epoch, batch } = this.#state;
    if (epoch >= this.#options.epochs || (batch === 0 && !activeReplicas(this.#state).includes(true))) return false;
    // An epoch whose evaluation was aborted has all its steps done, and still has to end.
    return !this.#stopped || (batch === stepsPerEpoch && !this.#aborted);
  }

  /** Trains up to the target; whether there was something to do. The caller holds the mutex. */
  async run(train: Dataset, emit: (epoch: Epoch) => void): Promise<boolean> {
    const engine = this.#engine;
    const { validation } = this.#options;
    engine.residents.pinned.add(train);
    if (validation !== undefined) engine.residents.pinned.add(validation);
    try {
      const resident = await engine.residents.attach(train, 'train');
      engine.residents.normalize ??= resident.normalize;
      const stepsPerEpoch = engine.stepsPerEpoch(resident);
      const state = this.#state = await begun(engine, this.#state, this.#options, resident, stepsPerEpoch);
      if (validation !== undefined) await attachEvaluated(engine, validation, 'current');
      if (validation !== undefined && engine.build.rule.average) await attachEvaluated(engine, validation, 'average');
      if (bestAsked(this.#options)?.kept) await (await import('./best.ts')).makeBestBuffer(engine);
      if (!this.#goesOn(stepsPerEpoch)) return this.#aborted;
      const canary = await this.#verified(resident);
      keepBeginning(engine, this.#before, resident.data);
      while (this.#goesOn(stepsPerEpoch)) {
        const began = { epoch: state.epoch, step: state.step - state.batch };
        await this.#trainEpoch(resident, stepsPerEpoch);
        // Also where it ends in mid-epoch, for whatever reason: nobody looks at these steps later.
        await canary?.().catch((error) => (!(error.bytes > 0) ? this.#interrupt(error) : this.#failure === undefined ? Promise.reject(error) : undefined));
        if (this.#failure !== undefined) throw await (await import('./blame.ts')).blamed(engine, train, this.#failure, began);
        const epoch = state.batch < stepsPerEpoch ? undefined : await this.#endEpoch();
        if (epoch !== undefined) emit(epoch);
        if (this.#callbackError !== undefined) throw this.#callbackError.error;
        if (epoch === undefined) break;
      }
      return true;
    } finally {
      engine.residents.pinned.clear();
    }
  }

  /** A GPU is not believed before it was looked at. */
  async #verified(resident: Resident): Promise<Canary | undefined> {
    const { validation, onVerify } = this.#options, { residents } = this.#engine;
    if (this.#verify === undefined) return undefined;
    const evaluated = validation === undefined ? [] : [await residents.attach(validation, 'current')];
    return this.#verify({ residents: [...new Set([resident, ...evaluated])], trains: true }, { stopped: () => this.#aborted, ...(onVerify && { onVerify }) });
  }

  readonly #interrupt = (error: Error): never => {
    this.interruption = error;
    throw error;
  };

  async #trainEpoch(resident: Resident, stepsPerEpoch: number): Promise<void> {
    const state = this.#state;
    this.#engine.residents.shuffle(resident, state.epoch);
    while (state.batch < stepsPerEpoch && !this.#stopped && this.#failure === undefined) {
      const limit = Math.min(stepsPerEpoch, state.batch + Math.max(0, (this.#options.steps ?? Infinity) - state.step));
      const before = state.step - state.batch;
      let submits = 0;
      if (this.#engine.kept === undefined) keep(this.#engine, this.#now, resident.data);
      await runPipeline({
        from: state.batch,
        to: limit,
        pace: this.#paces.train,
        stepsPerSubmit: this.#options.stepsPerSubmit,
        submit: (steps) => {
          submits++;
          const start: TrainingStart = {
            step: before + steps.first, steps: state.horizon, active: activeReplicas(state), missed: state.missed,
            reductions: state.plateaus.map((_, replica) => reductionsOf(state, replica)),
          };
          const rows = this.#call(() => this.#engine.trainingRows(resident, steps, start));
          return rows && this.#engine.train(resident, steps, start, rows);
        },
        take: (result, steps, ...milliseconds) => {
          if (!this.#isGood(result)) return false;
          this.#add(result, steps);
          this.#count(resident, steps, milliseconds[0]);
          this.#report(stepsPerEpoch, steps.count, ...milliseconds);
          return true;
        },
        // At least one submit a turn: callers that keep coming must not keep training from going on.
        stopped: () => this.#aborted || (submits > 0 && this.#mutex.contended),
      }).catch(this.#interrupt);
      if (state.batch === stepsPerEpoch) this.#checkUpdates(stepsPerEpoch);
      if (this.#fresh.length > 0) await this.#putBack().catch(this.#interrupt);
      if (this.#mutex.contended) await this.#mutex.yield();
    }
  }

  /** Where training stands, for good. Before its first step that is where the fit began, which leaves no trace if it fails. */
  get #now(): Kept['state'] {
    const { step, epoch } = this.#before;
    return this.#state.step === step && this.#state.epoch === epoch ? this.#before : copyOf(this.#state);
  }

  /** Freezes the replicas that diverged in a submit; false, and a failure, where none is left. */
  #isGood({ samples, flags }: TrainingResult): boolean {
    const state = this.#state, engine = this.#engine;
    const { network: { tensors }, batchSize, loss } = engine.build, most = mostLoss(lossTypeOf(loss).hasHits);
    // The submit kept a replica's weights as they were when it began if its first forward pass found them good.
    const kept = activeReplicas(state).map((active, replica) => active && samples[replica]!.losses.subarray(0, batchSize).every((one) => Math.abs(one) <= most));
    const isAll = activeReplicas(state).every((active, replica) => kept[replica] === active), before = engine.kept!;
    engine.kept = { ...before, ...(isAll && { state: this.#now }), good: before.good.map((known, replica) => known || kept[replica]!) };
    return this.#freeze(state.diverged.map((known, replica) => {
      const own = flags[replica]!;
      const flag = Math.min(...own), what = flagged(flag);
      return known !== null || what === undefined ? null : { ...what, tensor: tensors[own.indexOf(flag)]!.name };
    }), kept);
  }

  /** Whether some replica is left; where none is there is a failure. */
  #freeze(found: readonly (Pick<Divergence, 'step' | 'tensor' | 'isState'> | null)[], kept: readonly boolean[]): boolean {
    const state = this.#state, engine = this.#engine;
    found.forEach((divergence, replica) => {
      if (divergence === null) return;
      state.diverged[replica] = { step: divergence.step, tensor: divergence.tensor };
      this.#fresh.push(replica);
    });
    const first = found.findIndex((divergence) => divergence !== null);
    if (first < 0 || state.diverged.includes(null)) return true;
    if (!this.#fresh.some((replica) => kept[replica])) this.#back = engine.kept!.state;
    this.#failure = { ...found[first]!, replica: first, back: (this.#back ?? state).step, isBackGood: engine.kept!.good[first]! };
    return false;
  }

  /** A replica that left out every update of an epoch does not train: its weights, though finite, give nothing that is. */
  #checkUpdates(steps: number): void {
    const { skipped, skippedBefore, step } = this.#state;
    const active = activeReplicas(this.#state);
    this.#freeze(active.map((isActive, replica) =>
      (isActive && skipped[replica] === skippedBefore[replica]! + steps ? { step: step - 1, tensor: '', isState: false } : null)), []);
  }

  /** Adds a submit's results to the state. */
  #add({ samples, skipped }: TrainingResult, { count }: Span): void {
    const state = this.#state;
    const { l1Totals, lastRates, build: { rule } } = this.#engine;
    const active = activeReplicas(state);
    state.totals.forEach((totals, replica) => {
      if (active[replica]) addSamples(totals, samples[replica]!, rule.skip);
    });
    for (const carried of [l1Totals, lastRates]) carried.take(state.step, count);
    state.l1Totals = l1Totals.taken;
    state.lastRates = lastRates.taken;
    active.forEach((isActive, replica) => {
      if (isActive) state.skipped[replica] = skipped[replica]!;
      else state.missed[replica]! += count;
    });
    state.step += count;
    state.batch += count;
    this.#commit(state);
  }

  /** Adds to the figures of the epoch. */
  #count({ data }: Resident, { first, count }: Span, milliseconds: number): void {
    const { batchSize, accumulate } = this.#engine.build;
    this.#epochMilliseconds += milliseconds;
    this.#epochImages += Math.min(data.length - first * batchSize * accumulate, count * batchSize * accumulate);
  }

  /** Puts the last good weights of newly diverged replicas back, once nothing is in flight. */
  async #putBack(): Promise<void> {
    const { putBack, tryAgain } = await import('./divergence.ts');
    await putBack(this.#engine, this.#fresh);
    if (this.#failure !== undefined) tryAgain(this.#state, { fresh: this.#fresh, back: this.#back, before: this.#before });
    if (this.#back !== undefined) this.#commit(this.#state);
    this.#fresh = [];
  }

  #report(stepsPerEpoch: number, steps: number, milliseconds: number, encodeMilliseconds: number): void {
    const state = this.#state;
    const replica = Math.max(0, activeReplicas(state).indexOf(true));
    const left = this.#options.epochs * stepsPerEpoch - (state.epoch * stepsPerEpoch + state.batch);
    const progress: Progress = {
      epoch: state.epoch + 1, epochs: this.#options.epochs,
      stepInEpoch: state.batch, stepsPerEpoch,
      step: state.step,
      ...meanOf(state.totals[replica]!, this.#engine.build.loss),
      imagesPerSecond: this.#imagesPerSecond,
      stepMilliseconds: milliseconds / steps, stepsPerSubmit: steps,
      encodeMilliseconds,
      secondsLeft: (left * this.#paces.train.stepMilliseconds) / 1000,
    };
    this.#call(() => this.#options.onProgress?.(progress));
  }

  /** Runs a function of the caller's; undefined where that threw. */
  #call<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#callbackError ??= { error };
      return undefined;
    }
  }

  get #imagesPerSecond(): number {
    return this.#epochMilliseconds === 0 ? 0 : (1000 * this.#epochImages) / this.#epochMilliseconds;
  }

  /** Closes the epoch; undefined, and nothing changed, when its evaluation was aborted. */
  async #endEpoch(): Promise<Epoch | undefined> {
    const state = this.#state;
    const context = { engine: this.#engine, state, options: this.#options, evaluatePace: this.#paces.evaluate, aborted: () => this.#aborted };
    const figures = await measure(context);
    if (figures === undefined) return undefined;
    const replicas = await closeEpoch(context, figures).catch(this.#interrupt);
    this.#commit(state);
    const epoch: Epoch = {
      ...replicas[0]!,
      epoch: state.epoch,
      step: state.step,
      horizon: state.horizon,
      seconds: this.#epochMilliseconds / 1000,
      imagesPerSecond: this.#imagesPerSecond,
      replicas,
    };
    [this.#epochMilliseconds, this.#epochImages] = [0, 0];
    return epoch;
  }
}
