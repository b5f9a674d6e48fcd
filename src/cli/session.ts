/** One training run from settings to the last checkpoint. Knows no host: it runs in Node and in a page alike. */
import { openDevice, type AdapterReport } from '../device/index.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Preparation } from '../data/table/types.ts';
import { GradshaderError, InputError, NonFiniteError } from '../errors.ts';
import type { Evaluation, Epoch, Progress, Verifying } from '../train/events.ts';
import type { FitOptions } from '../train/fit-options.ts';
import { Trainer } from '../train/trainer.ts';
import type { TuneReport } from '../train/tune/option.ts';
import type { VerifyReport } from '../verify/report.ts';
import { kindOf, loadData, type Read, type RunData } from './data.ts';
import type { HistoryEntry } from './history.ts';
import { learningRateOf, stepsPerEpochOf, trainerConfig, type Settings } from './settings.ts';
import { tunedLines } from './tune-report.ts';
import { counted } from './table.ts';

/** The code of a divergence after which there is nothing to go on from. */
export const NO_GOOD_WEIGHTS = 'no-good-weights';

export interface Checkpoint {
  readonly bytes: Uint8Array;
  /** Its file, for messages. */
  readonly name: string;
  /** Training samples per epoch so far, 0 before the first. */
  readonly samples: number;
}

/** What to run. Plain data but for the checkpoint's bytes. */
export interface Job {
  readonly settings: Settings;
  /** Epochs in all, and what the schedule counts to, where it is said. */
  readonly epochs: number;
  readonly horizon?: number | 'keep';
  readonly software: 'fallback' | 'only';
  /** Goes on from here, when given. */
  readonly from?: Checkpoint;
  /** With `from`: the learning rate is changed to that of the settings. */
  readonly isRateNew?: boolean;
}

/** Said once, when all is in place and before the first step. */
export interface Started {
  /** Layers, parameters, memory; with `tune`, the tiles that were chosen. */
  readonly summary: string;
  /** Where training stands: steps and whole epochs done. */
  readonly step: number;
  readonly epoch: number;
  readonly stepsPerEpoch: number;
  readonly samples: { readonly train: number; readonly validation: number; readonly test: number };
  /** Of the data, a line each. */
  readonly notes: readonly string[];
  /** What makes rows of a table the inputs of this model. */
  readonly preparation?: Preparation;
}

/** What a run tells, in this order: adapter, started, then verifying, progress, epochs and checkpoints. A new rate is saved before `started`. */
export interface Listener {
  adapter(report: AdapterReport): void | Promise<void>;
  started(info: Started): void | Promise<void>;
  /** Before the first step, where results are checked and not only known to be right. */
  verifying(event: Verifying): void;
  progress(event: Progress): void;
  epoch(entry: HistoryEntry): void | Promise<void>;
  /** Before its first epoch: the self-test found a kernel wrong, and training goes on without it. */
  fallback(report: VerifyReport): void | Promise<void>;
  /** Before the first step, after each epoch, when the run is stopped, and when it went back to good weights: everything needed to go on. */
  checkpoint(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** After each epoch whose validation loss is the best so far: a checkpoint with its weights. */
  best(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** Where sessions take place: the same events in the same order, the same errors, whatever the host. */
export interface Host {
  run(job: Job, listener: Listener, signal: AbortSignal): Promise<void>;
}

/**
 * Trains until `job.epochs` epochs are done or `signal` stops it at a submit boundary; then the last checkpoint is
 * saved too.
 * @throws what opening a device, reading the data and training throw
 */
export async function runSession(job: Job, read: Read, listener: Listener, signal: AbortSignal): Promise<void> {
  const device = await openDevice({ software: job.software });
  try {
    await listener.adapter(device.adapter);
    const data = await loadData(job.settings, read);
    checkSamples(data.train, job.from?.samples ?? 0);
    let tuned = '';
    const tune = job.settings.tune && { onReport: (report: TuneReport) => { tuned = `\n\n${tunedLines(report)}`; } };
    const trainer = job.from === undefined
      ? await Trainer.create(device, { ...trainerConfig(job.settings, data.train.shape, data.classes, data.train.length, kindOf(data.train)), ...(tune && { tune }) })
      : await Trainer.load(device, job.from.bytes, { file: job.from.name, ...(job.settings.verify && { verify: job.settings.verify }) });
    try {
      if (job.isRateNew) {
        trainer.set({ learningRate: learningRateOf(job.settings, data.train.length) });
        await listener.checkpoint(await trainer.save());
      }
      await trainAll(trainer, data, job, { listener, signal, summary: trainer.summary() + tuned });
    } finally {
      trainer.destroy();
    }
  } finally {
    await device.close();
  }
}

function checkSamples({ name, length }: Dataset, wanted: number): void {
  if (wanted === 0 || wanted === length) return;
  throw new InputError(`The run was begun on ${wanted} training samples, ${name} has ${length}. Give the same data with --data.`);
}

async function trainAll(
  trainer: Trainer, data: RunData, { settings, epochs, horizon }: Job,
  { listener, signal, summary }: { listener: Listener; signal: AbortSignal; summary: string },
): Promise<void> {
  if (trainer.epoch >= epochs) {
    throw new InputError(`This run has done ${counted(trainer.epoch, 'epoch')}. To go on, give a larger total with --epochs.`);
  }
  const { train, validation, test, notes, preparation } = data;
  const stepsPerEpoch = stepsPerEpochOf(settings, train.length);
  const samples = { train: train.length, validation: validation?.length ?? 0, test: test?.length ?? 0 };
  await listener.started({ summary, step: trainer.step, epoch: trainer.epoch, stepsPerEpoch, samples, notes, ...(preparation && { preparation }) });
  // From the first moment on there is something to go on from, whatever happens.
  if (trainer.step === 0) await listener.checkpoint(await trainer.save());
  let hasStopped = false, said: VerifyReport | undefined;
  // Epoch by epoch, so that each checkpoint is taken at the epoch's end and never ahead of the history.
  while (trainer.epoch < epochs && !signal.aborted && !hasStopped) {
    const options: FitOptions = {
      epochs, steps: (trainer.epoch + 1) * stepsPerEpoch, signal, onVerify: listener.verifying, onProgress: listener.progress, ...(horizon !== undefined && { horizon }), ...choiceOf(settings, validation),
    };
    try {
      for await (const epoch of trainer.fit(train, options)) {
        if (trainer.fallback !== undefined && said === undefined) await listener.fallback(said = trainer.fallback);
        await listener.epoch(await entryOf(trainer, epoch, test));
        hasStopped = epoch.stopped !== undefined;
        if (trainer.best?.[0]?.epoch === epoch.epoch) await listener.best(await trainer.save({ weights: 'best' }));
      }
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error;
      if (error.goodStep === undefined) throw new GradshaderError(NO_GOOD_WEIGHTS, error.message, { cause: error });
      // From there it trains on at a smaller rate; the weights saved before may be what diverged.
      await listener.checkpoint(await trainer.save());
      throw error;
    }
    await listener.checkpoint(await trainer.save());
  }
}

/** What the validation set is for. Weights stay those of the last epoch: the best ones have a file of their own. */
const choiceOf = ({ earlyStopping }: Settings, validation?: Dataset): Partial<FitOptions> => (validation && {
  validation,
  keepBest: 'loss',
  ...(earlyStopping !== undefined && { earlyStopping: { patience: earlyStopping, restoreBest: false } }),
}) ?? {};

async function entryOf(trainer: Trainer, epoch: Epoch, test?: Dataset): Promise<HistoryEntry> {
  const { loss, accuracy, penalty, objective, zeros, learningRate, seconds, imagesPerSecond, validation, averaged, skipped, nonFinite, stopped } = epoch;
  const evaluate = async (weights: 'current' | 'average'): Promise<Evaluation> => (await trainer.evaluate(test!, { weights })) as Evaluation;
  const average = {
    ...(averaged && { validation: averaged }),
    ...(test && trainer.config.averaging && { test: await evaluate('average') }),
  };
  return {
    epoch: epoch.epoch,
    step: epoch.step,
    train: { loss, accuracy },
    ...(validation && { validation }),
    ...(test && { test: await evaluate('current') }),
    ...(trainer.config.averaging && { average }),
    penalty, objective, zeros, learningRate,
    ...(skipped !== undefined && { skipped }),
    ...(nonFinite !== undefined && { nonFinite }),
    ...(stopped && { stopped }),
    seconds, imagesPerSecond,
  };
}
