/**
 * Every schedule a hyperparameter can have. In all of them `step` counts optimizer updates from 0, `steps` is the
 * number of updates of the whole training (the horizon), and a step past the end keeps the end's value.
 */

import { InputError } from '../../errors.ts';
import { checkOptions as checkNames, isObject, textOf } from '../../options.ts';
import { problemOf } from './check.ts';
import { rangeOf } from './value.ts';
import type {
  CosineSchedule, ExponentialSchedule, FunctionSchedule, OneCycleSchedule, PlateauSchedule, PolynomialSchedule, ScheduleFunction,
  StepDecaySchedule, WarmUpSchedule,
} from './types.ts';

function checked<T extends object>(maker: string, data: T): T {
  const problem = problemOf(data);
  if (problem !== undefined) throw new InputError(`${maker}: ${problem}`);
  // Options left out are left out of the data too, as a file would have it.
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as T;
}

/** Of the second argument. @throws InputError */
function checkOptions<T extends object>(maker: string, options: T, names: readonly (keyof T & string)[]): T {
  if (isObject(options)) return checkNames(maker, options, names);
  throw new InputError(`${maker} takes an object with ${names.join(', ')} as its second argument, got ${textOf(options)}.`);
}

/**
 * Falls by a factor every so many steps, or at given ones (PyTorch's StepLR and MultiStepLR, counted in steps):
 *   value = initial * factor^floor(step / every), or initial * factor^(number of milestones <= step)
 * @param options.factor default 0.1; in (0, 1] with every, any number above 0 with milestones
 * @param options.every steps from one fall to the next; this or milestones
 * @param options.milestones increasing steps, each the first with the new value
 * @throws InputError
 */
export function stepDecay(
  initial: number, options: { factor?: number } & ({ every: number } | { milestones: readonly number[] }),
): StepDecaySchedule {
  const { factor = 0.1, every, milestones } =
    checkOptions('stepDecay', options as Partial<StepDecaySchedule>, ['factor', 'every', 'milestones']);
  const own = Array.isArray(milestones) ? [...milestones] : milestones;
  return checked('stepDecay', { schedule: 'stepDecay', initial, factor, every, milestones: own });
}

/**
 * Falls by the same factor again and again: value = initial * factor^(step / every). PyTorch's ExponentialLR with
 * every = 1; TensorFlow's ExponentialDecay with every = decay_steps.
 * @param options.factor in (0, 1]
 * @param options.every steps in which the value falls by the factor; default 1
 * @throws InputError
 */
export function exponential(initial: number, options: { factor: number; every?: number }): ExponentialSchedule {
  const { factor, every = 1 } = checkOptions('exponential', options, ['factor', 'every']);
  return checked('exponential', { schedule: 'exponential', initial, factor, every });
}

/**
 * From initial to final along a power of what is left (PyTorch's PolynomialLR; power 1 is a straight line):
 *   value = final + (initial - final) * (1 - min(1, step / steps))^power
 * @param options.final default 0
 * @param options.power above 0, default 1
 * @param options.steps length of the fall; default the whole training
 * @throws InputError
 */
export function polynomial(
  initial: number, options: { final?: number; power?: number; steps?: number } = {},
): PolynomialSchedule {
  const { final = 0, power = 1, steps } = checkOptions('polynomial', options, ['final', 'power', 'steps']);
  return checked('polynomial', { schedule: 'polynomial', initial, final, power, steps });
}

/**
 * Cosine annealing (Loshchilov and Hutter 2017, SGDR, eq. 5; PyTorch's CosineAnnealingLR):
 *   value = final + (initial - final) * (1 + cos(pi * step / steps)) / 2, over the whole training.
 * With warm restarts (CosineAnnealingWarmRestarts) the fall is run through again and again, in periods of firstPeriod,
 * firstPeriod * periodFactor, firstPeriod * periodFactor^2, ... steps; each starts at initial, whatever the horizon.
 * @param options.final value the fall ends at; default 0
 * @param options.restarts periodFactor: a whole number, default 1; without restarts there is one fall
 * @throws InputError
 */
export function cosine(
  initial: number, options: { final?: number; restarts?: { firstPeriod: number; periodFactor?: number } } = {},
): CosineSchedule {
  const { final = 0, restarts } = checkOptions('cosine', options, ['final', 'restarts']);
  if (restarts === undefined) return checked('cosine', { schedule: 'cosine', initial, final });
  const { firstPeriod, periodFactor = 1 } = checkNames('cosine: restarts', restarts, ['firstPeriod', 'periodFactor']);
  return checked('cosine', { schedule: 'cosine', initial, final, restarts: { firstPeriod, periodFactor } });
}

/**
 * Rises in a straight line to another schedule's first value (Goyal et al. 2017, section 2.2), then follows it:
 *   value = initial + (first - initial) * step / warm below `warm` steps, then the inner schedule at step - warm
 *   of a training of steps - warm steps.
 * PyTorch: SequentialLR of LinearLR and the inner scheduler.
 * @param schedule a number or any schedule but a warm-up; a plateau's first value follows its reductions
 * @param options.steps length of the warm-up, 1 or more
 * @param options.initial default 0
 * @throws InputError
 */
export function warmUp(schedule: WarmUpSchedule['inner'], options: { steps: number; initial?: number }): WarmUpSchedule {
  const { steps, initial = 0 } = checkOptions('warmUp', options, ['steps', 'initial']);
  return checked('warmUp', { schedule: 'warmUp', steps, initial, inner: schedule });
}

/**
 * One-cycle policy (Smith and Topin 2018) in PyTorch's two-phase cosine form (OneCycleLR), over the whole training:
 *   from maximum / divFactor at step 0 up to maximum at step p = warmFraction * steps - 1,
 *   then down to maximum / divFactor / finalDivFactor at the last step, steps - 1;
 *   each phase value = to + (from - to) * (1 + cos(pi * progress)) / 2.
 * As there, p need not be whole, and where it is below 0 (warmFraction * steps < 1) step 0 is already past the peak.
 * Momentum is not cycled along with it: give momentum a schedule of its own.
 * @param maximum value at the peak
 * @param options.divFactor 1 or more, default 25
 * @param options.finalDivFactor 1 or more, default 1e4
 * @param options.warmFraction in [0, 1], default 0.3
 * @throws InputError
 */
export function oneCycle(
  maximum: number, options: { divFactor?: number; finalDivFactor?: number; warmFraction?: number } = {},
): OneCycleSchedule {
  const { divFactor = 25, finalDivFactor = 1e4, warmFraction = 0.3 } =
    checkOptions('oneCycle', options, ['divFactor', 'finalDivFactor', 'warmFraction']);
  return checked('oneCycle', { schedule: 'oneCycle', maximum, divFactor, finalDivFactor, warmFraction });
}

/**
 * Falls by a factor when training stops improving (PyTorch's ReduceLROnPlateau, threshold_mode 'rel', eps 0):
 *   value = max(minimum, initial * factor^reductions)
 * After each epoch the monitored figure is better if loss < best * (1 - threshold), or accuracy > best * (1 + threshold),
 * below 0 with the sign turned (R^2); other errors are as the loss, other metrics as the accuracy. More than `patience` epochs in a row that are not make one reduction. `nextPlateau` counts.
 * @param initial 0 or more
 * @param options.factor in (0, 1), default 0.1
 * @param options.patience epochs without improvement that are borne; default 10
 * @param options.threshold relative improvement that counts, in [0, 1), default 1e-4
 * @param options.minimum in [0, initial], default 0
 * @param options.monitor 'loss' (default), 'accuracy', or another metric that the trainer's configuration names
 * @param options.cooldown epochs after a reduction in which none is held against it; default 0
 * @throws InputError
 */
export function plateau(initial: number, options: Partial<Omit<PlateauSchedule, 'schedule' | 'initial'>> = {}): PlateauSchedule {
  const { factor = 0.1, patience = 10, threshold = 1e-4, minimum = 0, monitor = 'loss', cooldown = 0 } =
    checkOptions('plateau', options, ['factor', 'patience', 'threshold', 'minimum', 'monitor', 'cooldown']);
  return checked('plateau', { schedule: 'plateau', initial, factor, patience, threshold, minimum, monitor, cooldown });
}

/**
 * Any function of the step: value = value(step, steps). It must be pure, and give a finite number at every step
 * (0, 1, ...) of a training of any length. A checkpoint holds its name and some of its values, so the same function
 * has to be given again, under the same name, to go on from there. Whether it keeps to its hyperparameter's bounds is seen
 * on samples at first, then at each step before that is submitted: `fit` throws InputError there, and the trainer can go on
 * after `set`.
 * @throws InputError
 */
export function custom(name: string, value: ScheduleFunction): FunctionSchedule {
  const schedule = checked<FunctionSchedule>('custom', { schedule: 'function', name, value });
  rangeOf(schedule); // Throws now, not in training, where a sampled value is not finite.
  return schedule;
}
