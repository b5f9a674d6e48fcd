/** The best epoch so far, and when to stop waiting for a better one. */

import { InputError } from '../errors.ts';
import { isFigure, isLowerBetter } from '../metrics/figures.ts';
import type { MetricName } from '../metrics/index.ts';
import { checkOptions, demand, demandBoolean, demandOneOf, demandWhole } from '../options.ts';
import type { Evaluation, Stopped } from './events.ts';

/**
 * The validation figure that choices are made by: a smaller loss, a larger accuracy, or a metric that the trainer's configuration
 * names: smaller where it is an error ('mae', 'mse', 'rmse'), else larger.
 */
export type Monitor = 'loss' | 'accuracy' | MetricName;

/** Those that are always there. */
export const FIGURES: readonly string[] = ['loss', 'accuracy'];

export const figureOf = ({ loss, accuracy, metrics }: Evaluation, monitor: Monitor): number =>
  (monitor === 'loss' ? loss : monitor === 'accuracy' ? accuracy : metrics?.[monitor] ?? NaN);

export interface EarlyStopping {
  /** Epochs in a row without improvement after which a replica stops: a whole number of 1 or more. */
  readonly patience: number;
  /** What counts as an improvement: more than this beyond the best so far. 0 or more, default 0. */
  readonly minimumChange?: number;
  /** Default 'loss'. */
  readonly monitor?: Monitor;
  /** Puts a replica's best weights back when it stops, and, where it never stopped, when `fit` reaches its epochs. Default true. */
  readonly restoreBest?: boolean;
}

/** One replica's best epoch. */
export interface BestEpoch {
  /** The figure; null before the first. */
  readonly value: number | null;
  /** 1-based; 0 before the first. */
  readonly epoch: number;
  /** Epochs in a row since then that were no better. */
  readonly bad: number;
}

/** Saved in checkpoints. */
export interface BestSoFar {
  readonly monitor: Monitor;
  /** Whether the weights of those epochs are kept, too. */
  readonly kept: boolean;
  readonly replicas: readonly BestEpoch[];
}

export const NO_EPOCH: BestEpoch = Object.freeze({ value: null, epoch: 0, bad: 0 });

/** @param known names of the figures that there are @throws InputError naming the option */
export function checkEarlyStopping(options: EarlyStopping, known: readonly string[]): void {
  const { patience, minimumChange = 0, monitor = 'loss', restoreBest = true } =
    checkOptions('fit: earlyStopping', options, ['patience', 'minimumChange', 'monitor', 'restoreBest']);
  demandWhole('fit: earlyStopping.patience', patience);
  demand(Number.isFinite(minimumChange) && minimumChange >= 0, 'fit: earlyStopping.minimumChange', 'a finite number of 0 or more', minimumChange);
  checkMonitor('fit: earlyStopping.monitor', monitor, known);
  demandBoolean('fit: earlyStopping.restoreBest', restoreBest);
}

/** @throws InputError naming the option */
export function checkMonitor(name: string, monitor: Monitor, known: readonly string[]): void {
  if (isFigure(monitor) && !known.includes(monitor)) throw new InputError(`${name}: this trainer does not measure ${monitor}. Name it in the configuration's metrics.`);
  demandOneOf(name, monitor, known);
}

function isBetter(value: number, best: number | null, monitor: Monitor, minimumChange: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (best === null) return true;
  return isLowerBetter(monitor) ? value < best - minimumChange : value > best + minimumChange;
}

/** After epoch `epoch`, 1-based, with this figure. One that is not finite is no improvement. */
export function nextBest(best: BestEpoch, epoch: number, value: number, monitor: Monitor, minimumChange: number): BestEpoch {
  return isBetter(value, best.value, monitor, minimumChange) ? { value, epoch, bad: 0 } : { ...best, bad: best.bad + 1 };
}

/** Whether it is time, after epoch `epoch`. */
export const stopAfter = (epoch: number, { bad, epoch: best }: BestEpoch, patience: number): Stopped | null =>
  bad >= patience ? { epoch, best } : null;
