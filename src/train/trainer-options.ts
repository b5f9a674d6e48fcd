/** Options of the trainer's methods. */

import type { NonFiniteOption } from '../files/finite.ts';
import type { ScheduleFunction } from '../model/schedules/index.ts';
import type { Metrics } from './trainer-config.ts';
import type { KeptWeights } from './weights.ts';

export type { NonFiniteOption } from '../files/finite.ts';

export interface LoadOptions extends NonFiniteOption {
  /** Name for error messages. Default 'checkpoint'. */
  readonly file?: string;
  /** The functions of `custom` schedules by their names, as they were when the checkpoint was saved. */
  readonly schedules?: Readonly<Record<string, ScheduleFunction>>;
  /** As in the trainer's configuration: a checkpoint does not say it. Default 'once'. */
  readonly verify?: 'once' | 'off';
}

export interface EvaluateOptions {
  /** 'average': with the running average of the weights, with `averaging` in the configuration. Default 'current'. */
  readonly weights?: 'current' | 'average';
  /** Told beside loss and accuracy: see `Evaluation.metrics`. Default those of the trainer's configuration; [] is none. */
  readonly metrics?: Metrics;
  /** Also which classes were taken for which: `Evaluation.confusion`. Default false. */
  readonly confusion?: boolean;
}

export interface WeightsOptions {
  /**
   * 'current' (default); 'average', the running average, with `averaging` in the configuration; 'best', those of each
   * replica's best epoch, after a `fit` with `keepBest` or `earlyStopping`.
   */
  readonly weights?: KeptWeights;
}

export interface SaveOptions extends WeightsOptions, NonFiniteOption {}
