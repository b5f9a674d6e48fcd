/** What a schedule is worth at a step, and the range of its values. */

import { InputError } from '../../errors.ts';
import type { CosineSchedule, FunctionSchedule, OneCycleSchedule, PlateauSchedule, Schedule, StepDecaySchedule } from './types.ts';

/** Points at which a function is sampled where all of it is asked for. */
const PROBES = 17;
/** The horizon on which a function is sampled while the training's own is not known. */
export const NOMINAL_STEPS = 1000;

const span = (...values: readonly number[]): readonly [number, number] => [Math.min(...values), Math.max(...values)];

/** `from` at weight 1, `to` at weight 0, exactly; between them no rounding leads outside. */
function mix(from: number, to: number, weight: number): number {
  const [low, high] = span(from, to);
  return Math.min(high, Math.max(low, from * weight + to * (1 - weight)));
}

const mixCosine = (from: number, to: number, progress: number): number =>
  mix(from, to, (1 + Math.cos(Math.PI * progress)) / 2);

/** Part of the current period that is over, in [0, 1). */
function progressWith({ firstPeriod, periodFactor }: NonNullable<CosineSchedule['restarts']>, step: number): number {
  if (periodFactor === 1) return (step % firstPeriod) / firstPeriod;
  // A loop, not the closed form: log(243) / log(3) is below 5, and the restart would come a step late.
  let [start, period] = [0, firstPeriod];
  while (step - start >= period) [start, period] = [start + period, period * periodFactor];
  return (step - start) / period;
}

/** PyTorch's arithmetic: the peak lies at warmFraction * steps - 1, which need not be whole. */
function oneCycleAt({ maximum, divFactor, finalDivFactor, warmFraction }: OneCycleSchedule, step: number, steps: number): number {
  const last = Math.max(0, steps - 1);
  const peak = warmFraction * steps - 1;
  const at = Math.min(step, last);
  const first = maximum / divFactor;
  if (at <= peak) return mixCosine(first, maximum, peak === 0 ? 1 : at / peak);
  return mixCosine(maximum, first / finalDivFactor, (at - peak) / (last - peak));
}

function decaysBy({ every, milestones = [] }: StepDecaySchedule, step: number): number {
  return every === undefined ? milestones.filter((milestone) => milestone <= step).length : Math.floor(step / every);
}

function callFunction({ name, value }: FunctionSchedule, step: number, steps: number): number {
  const result = value(step, steps);
  if (Number.isFinite(result)) return result;
  throw new InputError(
    `The schedule function ${JSON.stringify(name)} gave ${String(result)} at step ${step} of ${steps}: ` +
      'it must give a finite number at every step of any training.',
  );
}

/**
 * The schedule's value at a 0-based step of `steps` in all; a step past the last holds the end.
 * @param reductions how often a plateau schedule has been reduced so far; default never
 * @throws InputError when a function's value is not finite
 */
export function valueAt(
  schedule: Schedule, step: number, steps: number, reductions: (schedule: PlateauSchedule) => number = () => 0,
): number {
  if (typeof schedule === 'number') return schedule;
  const at = Math.max(0, step);
  const progress = (length: number): number => Math.min(1, at / Math.max(1, length));
  switch (schedule.schedule) {
    case 'stepDecay':
      return schedule.initial * schedule.factor ** decaysBy(schedule, at);
    case 'exponential':
      return schedule.initial * schedule.factor ** (at / schedule.every);
    case 'polynomial':
      return mix(schedule.initial, schedule.final, (1 - progress(schedule.steps ?? steps)) ** schedule.power);
    case 'cosine':
      return mixCosine(
        schedule.initial, schedule.final, schedule.restarts === undefined ? progress(steps) : progressWith(schedule.restarts, at),
      );
    case 'oneCycle':
      return oneCycleAt(schedule, at, steps);
    case 'plateau':
      return Math.max(schedule.minimum, schedule.initial * schedule.factor ** reductions(schedule));
    case 'function':
      return callFunction(schedule, at, steps);
    case 'warmUp': {
      const innerAt = valueAt(schedule.inner, at - schedule.steps, Math.max(0, steps - schedule.steps), reductions);
      // Before the warm-up ends, a step below 0 gives the inner schedule's first value: the goal.
      return at < schedule.steps ? mix(innerAt, schedule.initial, at / schedule.steps) : innerAt;
    }
  }
}

/**
 * Values of a schedule at 17 steps, evenly spaced from 0 to `steps`, the end included: enough to tell whether a
 * function given again is the one a checkpoint was written with.
 */
export const probeOf = (schedule: Schedule, steps: number): number[] =>
  Array.from({ length: PROBES }, (_, i) => valueAt(schedule, Math.floor((i * steps) / (PROBES - 1)), steps));

/**
 * Bounds of all the values a schedule can take, in a training of any length. What decays without an end is bounded by
 * 0. A function is only sampled: the bounds are those of `probeOf(schedule, 1000)`.
 */
export function rangeOf(schedule: Schedule): readonly [number, number] {
  if (typeof schedule === 'number') return [schedule, schedule];
  switch (schedule.schedule) {
    case 'stepDecay':
    case 'exponential': {
      const { initial, factor } = schedule;
      const decays = schedule.schedule === 'stepDecay' && schedule.milestones !== undefined ? schedule.milestones.length : Infinity;
      return span(initial, factor === 1 ? initial : initial * factor ** decays);
    }
    case 'polynomial':
    case 'cosine':
      return span(schedule.initial, schedule.final);
    case 'oneCycle': {
      const first = schedule.maximum / schedule.divFactor;
      return span(schedule.maximum, first, first / schedule.finalDivFactor);
    }
    case 'plateau':
      return [schedule.minimum, schedule.initial];
    case 'function':
      return span(...probeOf(schedule, NOMINAL_STEPS));
    case 'warmUp':
      return span(schedule.initial, ...rangeOf(schedule.inner));
  }
}
