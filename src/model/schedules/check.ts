/** What each schedule's data must be, whether a maker or a file brings it. */

import { InputError } from '../../errors.ts';
import { isFigure } from '../../metrics/figures.ts';
import { F32, isF32, isObject as isPlain, textOf } from '../../options.ts';
import type { Schedule } from './types.ts';
import { rangeOf } from './value.ts';

interface Field {
  readonly wanted: string;
  readonly holds: (value: unknown) => boolean;
  readonly isOptional?: true;
}

const isReal = (value: unknown): value is number => Number.isFinite(value);
const isWhole = (value: unknown, least: number): value is number => Number.isSafeInteger(value) && (value as number) >= least;

const isRestarts = (value: unknown): boolean =>
  isPlain(value) && Object.keys(value).sort().join() === 'firstPeriod,periodFactor' &&
  isWhole(value.firstPeriod, 1) && isWhole(value.periodFactor, 1);

const isIncreasing = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 &&
  Array.from(value as unknown[]).every((one, i, all) => isWhole(one, 1) && (i === 0 || one > (all[i - 1] as number)));

const finite: Field = { wanted: `finite: ${F32}`, holds: isF32 };
const positive: Field = { wanted: 'a finite number above 0', holds: (value) => isReal(value) && value > 0 };
const divisor: Field = { wanted: 'a finite number of 1 or more', holds: (value) => isReal(value) && value >= 1 };
const notNegative: Field = { wanted: `0 or more: ${F32}`, holds: (value) => isF32(value) && value >= 0 };
const steps: Field = { wanted: 'a whole number of steps, 1 or more', holds: (value) => isWhole(value, 1) };
const epochs: Field = { wanted: 'a whole number of epochs, 0 or more', holds: (value) => isWhole(value, 0) };
const shrinking: Field = {
  wanted: 'in (0, 1] (what grows needs an end: polynomial, stepDecay with milestones, custom)',
  holds: (value) => isReal(value) && value > 0 && value <= 1,
};

type Kind = Exclude<Schedule, number>['schedule'];

const FIELDS: Readonly<Record<Kind, Readonly<Record<string, Field>>>> = {
  stepDecay: {
    initial: finite,
    factor: positive,
    every: { ...steps, isOptional: true },
    milestones: { wanted: 'a list of steps of 1 or more, each later than the one before', holds: isIncreasing, isOptional: true },
  },
  exponential: { initial: finite, factor: shrinking, every: steps },
  polynomial: { initial: finite, final: finite, power: positive, steps: { ...steps, isOptional: true } },
  cosine: {
    initial: finite,
    final: finite,
    restarts: { wanted: '{ firstPeriod, periodFactor }, whole numbers of 1 or more', holds: isRestarts, isOptional: true },
  },
  oneCycle: {
    maximum: finite,
    divFactor: divisor,
    finalDivFactor: divisor,
    warmFraction: { wanted: 'in [0, 1]', holds: (value) => isReal(value) && value >= 0 && value <= 1 },
  },
  plateau: {
    initial: notNegative,
    factor: { wanted: 'in (0, 1)', holds: (value) => isReal(value) && value > 0 && value < 1 },
    patience: epochs,
    threshold: { wanted: 'in [0, 1)', holds: (value) => isReal(value) && value >= 0 && value < 1 },
    minimum: notNegative,
    monitor: { wanted: "a metric's name, 'loss' or 'accuracy'", holds: isFigure },
    cooldown: epochs,
  },
  function: {
    name: { wanted: 'a name, so that a checkpoint can ask for it', holds: (value) => typeof value === 'string' && value !== '' },
    value: { wanted: 'a function (step, steps) => number', holds: (value) => typeof value === 'function' },
  },
  warmUp: {
    steps,
    initial: finite,
    inner: {
      wanted: 'a finite number that f32 holds or a schedule that is no warm-up itself',
      holds: (value) => isF32(value) || (isPlain(value) && value.schedule !== 'warmUp' && problemOf(value) === undefined),
    },
  },
};

type Numbers = Readonly<Record<string, number>> & { readonly milestones?: readonly number[] };

/** Values that fields make together: ends, and the first step of what falls without an end, which may come to nothing later. */
function madeOf(data: Numbers): Readonly<Record<string, number>> {
  const { schedule, initial, factor, milestones, minimum, maximum, divFactor, finalDivFactor } = data as Numbers & { readonly schedule: unknown };
  switch (schedule) {
    case 'stepDecay':
    case 'exponential':
      return milestones === undefined ? { 'after the first fall': initial! * factor! } : { 'after the last milestone': initial! * factor! ** milestones.length };
    case 'plateau': return { 'after a reduction': Math.max(minimum!, initial! * factor!) };
    case 'oneCycle': return { 'at the first step': maximum! / divFactor!, 'at the last step': maximum! / divFactor! / finalDivFactor! };
    default: return {};
  }
}

/** What no field can say alone. */
function problemBetween(data: Record<string, unknown>): string | undefined {
  const { initial, factor, every, milestones, minimum, maximum } = data as Numbers;
  if (data.schedule === 'plateau' && minimum! > initial!) return `minimum ${minimum} is above initial ${initial}.`;
  if (data.schedule === 'stepDecay' && (every === undefined) === (milestones === undefined)) return 'give either every or milestones.';
  if (every !== undefined && !shrinking.holds(factor)) return `factor must be ${shrinking.wanted}, got ${factor}.`;
  const made = Object.entries(madeOf(data as Numbers)).find(([, value]) => !isF32(value) || (value === 0 && (initial ?? maximum) !== 0));
  return made && `${made[0]} the value is ${made[1]}: it must be finite and ${F32}.`;
}

/** Why a value is not the data of a schedule; undefined where it is. Fields that are not known are refused too. */
export function problemOf(value: unknown): string | undefined {
  const kind = isPlain(value) && Object.hasOwn(value, 'schedule') ? value.schedule : undefined;
  if (!isPlain(value) || typeof kind !== 'string' || !Object.hasOwn(FIELDS, kind)) {
    return `a schedule is one of ${Object.keys(FIELDS).join(', ')}, got ${textOf(value)}.`;
  }
  const fields = FIELDS[kind as Kind];
  const unknown = Object.keys(value).find((name) => name !== 'schedule' && !Object.hasOwn(fields, name));
  if (unknown !== undefined) return `there is no ${textOf(unknown)}; it has ${Object.keys(fields).join(', ')}.`;
  for (const [name, { wanted, holds, isOptional }] of Object.entries(fields)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (!(isOptional && given === undefined) && !holds(given)) return `${name} must be ${wanted}, got ${textOf(given)}.`;
  }
  return problemBetween(value);
}

/**
 * Whether a value from outside is a schedule, whole and usable. Every number is one, NaN and infinities too: the range
 * check of the hyperparameter refuses those, and can say what it allows.
 */
export const isSchedule = (value: unknown): value is Schedule =>
  typeof value === 'number' || problemOf(value) === undefined;

/** Of a schedule, or a number, within its bounds. @throws InputError where the largest value is infinite in f32, or nothing */
export function checkF32(shown: string, schedule: Schedule): void {
  const [, high] = rangeOf(schedule);
  if (!isF32(high)) throw new InputError(`${shown}: the kernels compute in f32, and ${high} is ${high > 1 ? 'infinite' : '0'} there. Give ${F32}.`);
}
