/** Functions in data that has to be saved: JSON holds their names and some of their values, never the code. */

import { InputError } from '../../errors.ts';
import { problemOf, textOf } from './check.ts';
import type { FunctionSchedule, ScheduleFunction, WarmUpSchedule } from './types.ts';
import { NOMINAL_STEPS, probeOf } from './value.ts';

/** A `custom` schedule as files hold it. */
export interface SavedFunction {
  readonly schedule: 'function';
  readonly name: string;
  /** `probeOf` the schedule on a horizon of `steps`. */
  readonly probe: readonly number[];
  readonly steps: number;
}

const MAX_DEPTH = 100;
/** Of the largest probe value: engines differ in the last digits of Math.exp and its like. */
const PROBE_TOLERANCE = 1e-9;

type PlainObject = Readonly<Record<string, unknown>>;

const isPlainObject = (value: unknown): value is PlainObject => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** A copy of plain data in which every object that `replace` has an answer for is that answer. */
function mapObjects(value: unknown, replace: (object: PlainObject) => unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new InputError(`The settings are nested more than ${MAX_DEPTH} levels deep, or in a circle.`);
  if (Array.isArray(value)) return value.map((one) => mapObjects(one, replace, depth + 1));
  if (!isPlainObject(value)) return value;
  return replace(value) ??
    Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapObjects(one, replace, depth + 1)]));
}

/**
 * Plain data (an optimizer, overrides, a whole configuration) with every `custom` schedule in it replaced by its
 * `SavedFunction`, so that JSON keeps it. The data given is not changed.
 * @param steps the training's horizon, on which the functions are probed; 0 when it is not known yet
 * @throws InputError when a function's value is not finite
 */
export function serialise(value: unknown, steps: number): unknown {
  return mapObjects(value, (object) => {
    if (object.schedule === 'warmUp' && problemOf(object) === undefined) {
      const warmUp = object as unknown as WarmUpSchedule;
      return { ...warmUp, inner: serialise(warmUp.inner, Math.max(0, steps - warmUp.steps)) };
    }
    if (object.schedule !== 'function' || problemOf(object) !== undefined) return undefined;
    const schedule = object as unknown as FunctionSchedule;
    const horizon = steps > 0 ? steps : NOMINAL_STEPS;
    return { schedule: 'function', name: schedule.name, probe: probeOf(schedule, horizon), steps: horizon } satisfies SavedFunction;
  });
}

function checkProbe(name: string, found: readonly number[], saved: SavedFunction): void {
  const allowed = PROBE_TOLERANCE * Math.max(...saved.probe.map(Math.abs));
  const first = found.findIndex((value, i) => Math.abs(value - saved.probe[i]!) > allowed);
  if (first < 0) return;
  throw new InputError(
    `The schedule function ${JSON.stringify(name)} is not the one that was saved: at step ` +
      `${Math.floor((first * saved.steps) / (found.length - 1))} of ${saved.steps} it was ${saved.probe[first]}, ` +
      `and the one given has ${found[first]}. Pass the same function.`,
  );
}

function restore(object: PlainObject, functions: Readonly<Record<string, ScheduleFunction>>): FunctionSchedule {
  const { name, probe, steps } = object as Partial<SavedFunction>;
  const length = Array.isArray(probe) && probe.every((value) => Number.isFinite(value)) ? probe.length : 0;
  if (typeof name !== 'string' || name === '' || !Number.isSafeInteger(steps) || steps! < 1 || length !== probeOf(0, 1).length) {
    throw new InputError(`A saved schedule function needs its name, its horizon and its probe values, got ${textOf(object)}.`);
  }
  const value = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (typeof value !== 'function') {
    throw new InputError(
      `The schedule function ${JSON.stringify(name)} was saved by its name only, and none of that name was given ` +
        `(${Object.keys(functions).join(', ') || 'none at all'}): pass it again, as { ${JSON.stringify(name)}: (step, steps) => ... }.`,
    );
  }
  const schedule: FunctionSchedule = { schedule: 'function', name, value };
  checkProbe(name, probeOf(schedule, steps!), object as unknown as SavedFunction);
  return schedule;
}

/**
 * What `serialise` made, parsed from a file, with the functions in their places again. Data without any comes back
 * equal; functions that nothing asks for are left alone.
 * @throws InputError when a function is missing or has other values than the saved one
 */
export const withFunctions = (value: unknown, functions: Readonly<Record<string, ScheduleFunction>>): unknown =>
  mapObjects(value, (object) =>
    object.schedule === 'function' && typeof object.value !== 'function' ? restore(object, functions) : undefined);
