/** What `fit` is asked for. */

import type { Dataset } from '../data/dataset.ts';
import { InputError } from '../errors.ts';
import { checkOptions, demand, demandSignal, demandWhole, isObject } from '../options.ts';
import { checkEarlyStopping, checkMonitor, FIGURES, type EarlyStopping, type Monitor } from './early-stopping.ts';
import type { Progress, Verifying } from './events.ts';

export interface FitOptions {
  /** Total number of epochs since the start of training, not further ones. */
  readonly epochs: number;
  /**
   * The epoch at whose end schedules over the whole training (`cosine`, `oneCycle`, ...) come to their end. Default: that
   * of earlier calls; before the first step `epochs`. Where the two differ because there are more or fewer epochs now, or
   * another number of samples, a training with such a schedule is refused until it is said: the new last epoch stretches
   * or shortens schedules from here on, 'keep' leaves them, beyond the horizon at their final values. A checkpoint keeps the
   * horizon, and whether it was said: it is given again with each call that goes beyond, not with those that end before.
   */
  readonly horizon?: number | 'keep';
  /** Evaluated at the end of each epoch, whole, dropout off; with `averaging` the running average as well. */
  readonly validation?: Dataset;
  /**
   * Freezes each replica whose validation figure stops improving, bit for bit, while others go on; `fit` ends when all
   * have stopped or diverged. Where `averaging` is configured the average is monitored, kept, and put back as the
   * weights: it is what such a training is for. Stopped replicas stay so until a `fit` without this option.
   */
  readonly earlyStopping?: EarlyStopping;
  /**
   * Keeps a copy of each replica's weights (of the average, where there is one) after its best epoch on the GPU, by
   * this figure of the validation set, for `parameters` and `save` with weights: 'best'. One f32 per parameter, a copy
   * within the GPU at an epoch's end. Default: with earlyStopping.restoreBest its `monitor`, otherwise nothing is kept.
   */
  readonly keepBest?: Monitor;
  /** Stops at the next submit boundary; `fit` then ends without an error and can be called again to go on. */
  readonly signal?: AbortSignal;
  /** About once per submit. What it throws ends `fit`, once nothing is in flight. */
  readonly onProgress?: (progress: Progress) => void;
  /** Called as the self-test goes on, where one is made (`verify` of the trainer's configuration). What it throws ends `fit`, which has left no trace. */
  readonly onVerify?: (event: Verifying) => void;
  /** Stop after this many training steps in all. */
  readonly steps?: number;
  /** A fixed number of steps per submit in place of the measured pace. The results are the same bits. */
  readonly stepsPerSubmit?: number;
}

const NAMES: readonly (keyof FitOptions)[] = [
  'epochs', 'horizon', 'validation', 'earlyStopping', 'keepBest', 'signal', 'onProgress', 'onVerify', 'steps', 'stepsPerSubmit',
];

/** @param figures names of those that can be followed @throws InputError naming the option */
export function checkFitOptions(options: Partial<FitOptions> = {}, figures = FIGURES): void {
  const { signal, onProgress, onVerify, epochs, horizon = 1, steps = 1, stepsPerSubmit = 1, earlyStopping, keepBest, validation } =
    checkOptions<Partial<FitOptions>>('fit', options, NAMES);
  for (const [name, value] of Object.entries({ epochs, steps, stepsPerSubmit })) demandWhole(`fit: ${name}`, value);
  demand(horizon === 'keep' || (Number.isSafeInteger(horizon) && horizon >= 1), 'fit: horizon', "a whole number of 1 or more or 'keep'", horizon);
  demandSignal('fit: signal', signal);
  for (const [name, value] of Object.entries({ onProgress, onVerify })) demand(value === undefined || typeof value === 'function', `fit: ${name}`, 'a function', value);
  demand(validation === undefined || isObject(validation), 'fit: validation', 'a data set (split(...) makes one)', validation);
  if (earlyStopping !== undefined) checkEarlyStopping(earlyStopping, figures);
  if (keepBest !== undefined) checkMonitor('fit: keepBest', keepBest, figures);
  if (earlyStopping !== undefined && keepBest !== undefined && keepBest !== (earlyStopping.monitor ?? 'loss')) {
    throw new InputError(`fit: keepBest is '${keepBest}', earlyStopping monitors '${earlyStopping.monitor ?? 'loss'}': there is one best epoch. Give both the same.`);
  }
  for (const [name, value] of Object.entries({ earlyStopping, keepBest })) {
    if (value !== undefined && validation === undefined) {
      throw new InputError(`fit: ${name} chooses by a validation set, and none was given. Pass validation; split(...) makes one.`);
    }
  }
}

/** The figure that best epochs are chosen by, if any, and whether their weights are kept. */
export function bestAsked({ earlyStopping, keepBest }: FitOptions): { monitor: Monitor; kept: boolean } | undefined {
  if (earlyStopping === undefined && keepBest === undefined) return undefined;
  return {
    monitor: keepBest ?? earlyStopping?.monitor ?? 'loss',
    kept: keepBest !== undefined || earlyStopping?.restoreBest !== false,
  };
}

/** Not AbortSignal.any, which older hosts lack: all that a fit asks of its signal is whether it was given. */
export const eitherOf = (leave: { readonly aborted: boolean }, signal: AbortSignal | undefined): AbortSignal =>
  ({ get aborted() { return leave.aborted || signal?.aborted === true; } }) as AbortSignal;
