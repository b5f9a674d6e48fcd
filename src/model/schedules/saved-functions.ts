/** Functions put back into data that was saved: what only loading needs. */

import { InputError } from '../../errors.ts';
import { textOf } from '../../options.ts';
import { mapObjects, savedProbe, type PlainObject, type SavedFunction } from './functions.ts';
import type { FunctionSchedule, ScheduleFunction } from './types.ts';
import { probedSteps } from './value.ts';

/** Of the largest probe value: engines differ in the last digits of Math.exp and its like. */
const PROBE_TOLERANCE = 1e-9;

/** Where the saved one had no value, the one given may have any: it may be mended there. */
function checkProbe(name: string, found: SavedFunction['probe'], saved: SavedFunction): void {
  const allowed = PROBE_TOLERANCE * Math.max(...saved.probe.map((value) => Math.abs(value ?? 0)));
  const first = saved.probe.findIndex((value, i) => value !== null && !(Math.abs((found[i] ?? NaN) - value) <= allowed));
  if (first < 0) return;
  throw new InputError(
    `The schedule function ${JSON.stringify(name)} is not the one that was saved: at step ` +
      `${Math.floor((first * saved.steps) / (found.length - 1))} of ${saved.steps} it was ${saved.probe[first]}, ` +
      `and the one given has ${found[first] ?? 'none'}. Pass the same function.`,
  );
}

function restore(object: PlainObject, functions: Readonly<Record<string, ScheduleFunction>>): FunctionSchedule {
  const { name, probe, steps } = object as Partial<SavedFunction>;
  const length = Array.isArray(probe) && probe.every((value) => value === null || Number.isFinite(value)) ? probe.length : 0;
  if (typeof name !== 'string' || name === '' || !Number.isSafeInteger(steps) || steps! < 1 || length !== probedSteps(1).length) {
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
  checkProbe(name, savedProbe(schedule, steps!), object as unknown as SavedFunction);
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
