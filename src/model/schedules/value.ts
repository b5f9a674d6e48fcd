/** What a schedule is worth at a step, and the range of its values. */

import { InputError } from '../../errors.ts';
import { textOf } from '../../options.ts';
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

/** What a hyperparameter's values must be. */
export interface Bound {
  /** Of a message: 'learningRate must be 0 or more and finite'. */
  readonly wanted: string;
  readonly holds: (value: number) => boolean;
}

/** Whether a value keeps to its bound as f32 has it: there, what falls without an end is 0 one day. */
const holdsInF32 = ({ holds }: Bound, value: number): boolean =>
  Number.isFinite(Math.fround(value)) && holds(value > 0 && value < 2 ** -126 ? 0 : value);

function callFunction({ name, value }: FunctionSchedule, step: number, steps: number, bound?: Bound): number {
  const result = value(step, steps);
  if (Number.isFinite(result) && (bound === undefined || holdsInF32(bound, result))) return result;
  throw new InputError(
    `The schedule function ${textOf(name)} gave ${textOf(result)} at step ${step} of ${steps}: ` +
      `${bound?.wanted ?? 'it must give a finite number'} at every step of any training${bound ? ', in f32 too' : ''}.`,
  );
}

/**
 * The schedule's value at a 0-based step of `steps` in all; a step past the last holds the end.
 * @param reductions how often a plateau schedule has been reduced so far; default never
 * @param bound what a function must keep to besides: other schedules were seen to when they were made
 * @throws InputError when a function's value is not finite, or out of bounds
 */
export function valueAt(
  schedule: Schedule, step: number, steps: number, reductions: (schedule: PlateauSchedule) => number = () => 0, bound?: () => Bound,
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
      return callFunction(schedule, at, steps, bound?.());
    case 'warmUp': {
      const innerAt = valueAt(schedule.inner, at - schedule.steps, Math.max(0, steps - schedule.steps), reductions, bound);
      // Before the warm-up ends, a step below 0 gives the inner schedule's first value: the goal.
      return at < schedule.steps ? mix(innerAt, schedule.initial, at / schedule.steps) : innerAt;
    }
  }
}

/**
 * 17 steps, evenly spaced from 0 to `steps`, the end included: enough to tell whether a function given again is the one a
 * checkpoint was written with.
 */
export const probedSteps = (steps: number): number[] => Array.from({ length: PROBES }, (_, i) => Math.floor((i * steps) / (PROBES - 1)));

/** Values of a schedule there. @throws InputError as `valueAt` */
export const probeOf = (schedule: Schedule, steps: number, bound?: () => Bound): number[] =>
  probedSteps(steps).map((step) => valueAt(schedule, step, steps, undefined, bound));

/**
 * Bounds of all the values a schedule can take, in a training of any length. What decays without an end is bounded by
 * 0. A function is only sampled: the bounds are those of `probeOf(schedule, 1000)`.
 * @throws InputError naming the step where a function's sample is not finite, or not within `bound`
 */
export function rangeOf(schedule: Schedule, bound?: () => Bound): readonly [number, number] {
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
      return span(...probeOf(schedule, NOMINAL_STEPS, bound));
    case 'warmUp':
      return span(schedule.initial, ...rangeOf(schedule.inner, bound));
  }
}
