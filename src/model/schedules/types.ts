/** The data of every schedule. The makers of `makers.ts` say what the fields mean. */

import type { MetricName } from '../../metrics/metric.ts';

export interface StepDecaySchedule {
  readonly schedule: 'stepDecay';
  readonly initial: number;
  readonly factor: number;
  /** This or milestones. */
  readonly every?: number;
  readonly milestones?: readonly number[];
}

export interface ExponentialSchedule {
  readonly schedule: 'exponential';
  readonly initial: number;
  readonly factor: number;
  readonly every: number;
}

export interface PolynomialSchedule {
  readonly schedule: 'polynomial';
  readonly initial: number;
  readonly final: number;
  readonly power: number;
  /** Absent: the whole training. */
  readonly steps?: number;
}

export interface CosineSchedule {
  readonly schedule: 'cosine';
  readonly initial: number;
  readonly final: number;
  /** Absent: one fall over the whole training. */
  readonly restarts?: { readonly firstPeriod: number; readonly periodFactor: number };
}

export interface OneCycleSchedule {
  readonly schedule: 'oneCycle';
  readonly maximum: number;
  readonly divFactor: number;
  readonly finalDivFactor: number;
  readonly warmFraction: number;
}

export interface PlateauSchedule {
  readonly schedule: 'plateau';
  readonly initial: number;
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  readonly minimum: number;
  /** 'loss', 'accuracy' or another metric by its name. */
  readonly monitor: 'loss' | 'accuracy' | MetricName;
  readonly cooldown: number;
}

/** 0-based step, number of steps of the whole training -> value. */
export type ScheduleFunction = (step: number, steps: number) => number;

export interface FunctionSchedule {
  readonly schedule: 'function';
  readonly name: string;
  readonly value: ScheduleFunction;
}

export interface WarmUpSchedule {
  readonly schedule: 'warmUp';
  readonly steps: number;
  readonly initial: number;
  /** What follows the warm-up; not a warm-up again. */
  readonly inner: Exclude<Schedule, WarmUpSchedule>;
}

/** A constant, or a value per step. */
export type Schedule =
  | number
  | StepDecaySchedule
  | ExponentialSchedule
  | PolynomialSchedule
  | CosineSchedule
  | OneCycleSchedule
  | PlateauSchedule
  | FunctionSchedule
  | WarmUpSchedule;
