/** Hyperparameters that change with the training step. Plain data, so that checkpoints can hold them. */

import { InputError } from '../errors.ts';

export interface CosineSchedule {
  readonly schedule: 'cosine';
  readonly initial: number;
  readonly final: number;
}

/** A constant, or a value per step. */
export type Schedule = number | CosineSchedule;

/**
 * Cosine annealing without restarts (Loshchilov and Hutter 2017, eq. 5):
 * value(step) = final + (initial - final) * (1 + cos(pi * step / steps)) / 2, over the whole training.
 * @param initial value at step 0
 * @param options.final value after the last step; default 0
 */
export function cosine(initial: number, { final = 0 }: { final?: number } = {}): CosineSchedule {
  if (!Number.isFinite(initial) || !Number.isFinite(final)) {
    throw new InputError(`cosine(${initial}, { final: ${final} }): both must be finite numbers.`);
  }
  return { schedule: 'cosine', initial, final };
}

/** The schedule's value at a 0-based step of `steps` in all. */
export function valueAt(schedule: Schedule, step: number, steps: number): number {
  if (typeof schedule === 'number') return schedule;
  const progress = Math.min(1, step / Math.max(1, steps));
  return schedule.final + ((schedule.initial - schedule.final) * (1 + Math.cos(Math.PI * progress))) / 2;
}

/** A value from outside as error messages show it: JSON would call NaN and Infinity null. */
export const textOf = (value: unknown): string =>
  typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));

/** Whether a value from outside is one. */
export const isSchedule = (value: unknown): value is Schedule =>
  typeof value === 'number' || (value as CosineSchedule | undefined)?.schedule === 'cosine';

/** Smallest and largest value a schedule takes. */
export const rangeOf = (schedule: Schedule): readonly [number, number] =>
  typeof schedule === 'number'
    ? [schedule, schedule]
    : [Math.min(schedule.initial, schedule.final), Math.max(schedule.initial, schedule.final)];
