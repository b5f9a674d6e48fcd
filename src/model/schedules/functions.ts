/** Functions in data that has to be saved: JSON holds their names and some of their values, never the code. */

import { InputError } from '../../errors.ts';
import { problemOf } from './check.ts';
import type { FunctionSchedule, WarmUpSchedule } from './types.ts';
import { NOMINAL_STEPS, probedSteps, valueAt } from './value.ts';

/** A `custom` schedule as files hold it. */
export interface SavedFunction {
  readonly schedule: 'function';
  readonly name: string;
  /** Values at the `probedSteps` of a horizon of `steps`; null where the function has none: what was trained before is worth saving. */
  readonly probe: readonly (number | null)[];
  readonly steps: number;
}

const MAX_DEPTH = 100;

export type PlainObject = Readonly<Record<string, unknown>>;

const isPlainObject = (value: unknown): value is PlainObject => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null; // Object's own, of any realm.
};

/** A copy of plain data in which every object that `replace` has an answer for is that answer. */
export function mapObjects(value: unknown, replace: (object: PlainObject) => unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new InputError(`The settings are nested more than ${MAX_DEPTH} levels deep, or in a circle.`);
  if (Array.isArray(value)) return value.map((one) => mapObjects(one, replace, depth + 1));
  if (!isPlainObject(value)) return value;
  return replace(value) ??
    Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapObjects(one, replace, depth + 1)]));
}

export function savedProbe(schedule: FunctionSchedule, steps: number): SavedFunction['probe'] {
  return probedSteps(steps).map((step) => {
    try {
      return valueAt(schedule, step, steps);
    } catch {
      return null;
    }
  });
}

/**
 * Plain data (an optimizer, overrides, a whole configuration) with every `custom` schedule in it replaced by its
 * `SavedFunction`, so that JSON keeps it. The data given is not changed.
 * @param steps the training's horizon, on which the functions are probed; 0 when it is not known yet
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
    return { schedule: 'function', name: schedule.name, probe: savedProbe(schedule, horizon), steps: horizon } satisfies SavedFunction;
  });
}

/** A deep copy of plain data, functions included. */
export const copyOf = <T>(value: T): T => mapObjects(value, () => undefined) as T;
