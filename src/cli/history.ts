/** What a run folder keeps of a training's course: `history.json`. */
import type { Evaluation, Stopped } from '../train/events.ts';

/** One epoch of `history.json`. Losses are per sample, accuracies and zeros fractions in [0, 1]. */
export interface HistoryEntry {
  /** 1-based. */
  readonly epoch: number;
  /** Training steps done since the start of training. */
  readonly step: number;
  readonly train: Evaluation;
  /** On the samples held out of training; absent when there were none. */
  readonly validation?: Evaluation;
  /** Absent when the run had no test set. */
  readonly test?: Evaluation;
  /** The same of the running average of the weights, where there is one. */
  readonly average?: { readonly validation?: Evaluation; readonly test?: Evaluation };
  readonly penalty: number;
  readonly objective: number;
  readonly zeros: number;
  /** At the epoch's last step; absent in the histories of versions that did not write it down. */
  readonly learningRate?: number;
  /** Updates left out so far, where they may be. */
  readonly skipped?: number;
  /** Training samples whose loss was not finite: misses, and not in the training loss. */
  readonly nonFinite?: number;
  /** Training ended here, because no later epoch than `best` had a better validation loss. */
  readonly stopped?: Stopped;
  readonly seconds: number;
  readonly imagesPerSecond: number;
}

/** Metrics that some epoch has of its validation or test set: the accuracy is told anyway. */
export const metricsIn = (epochs: readonly HistoryEntry[]): string[] =>
  [...new Set(epochs.flatMap(({ validation, test }) => [validation, test].flatMap((one) => Object.keys(one?.metrics ?? {}))))].filter((name) => name !== 'accuracy');

/** Whether a loss of values was measured: with those nothing is right or wrong. */
export const isOfValues = ({ loss, accuracy }: Pick<Evaluation, 'loss' | 'accuracy'>): boolean => Number.isFinite(loss) && !Number.isFinite(accuracy);

/** When the validation loss was best, in a sentence. */
export const bestText = ({ best }: Stopped): string =>
  (best > 0 ? `the validation loss was best after epoch ${best}` : 'no epoch had a finite validation loss');

/** The file `history.json`. */
export interface History {
  readonly format: 1;
  readonly config: unknown;
  readonly adapter: { readonly name: string; readonly state: string };
  readonly epochs: readonly HistoryEntry[];
}
