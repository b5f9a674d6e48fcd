/** The horizon, the number of steps that schedules count to, where a training does not end at the one it has. */

import { InputError } from '../errors.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import { valueAt, type Schedule } from '../model/schedules/index.ts';
import type { Engine } from './engine.ts';
import type { FitOptions } from './fit-options.ts';
import type { TrainingState } from './training-state.ts';

/** Steps at which two horizons are compared at most: a function is only known by its values. */
const MOST_STEPS = 1000;

function namedSchedules({ tensors, dropouts, numbers, clip }: ReplicaSettings): [name: string, schedule: Schedule][] {
  return [
    ...tensors.flatMap(({ values, penalties }) => [
      ...Object.entries(values), ...Object.entries(penalties).map(([name, { strength }]): [string, Schedule] => [name, strength]),
    ]),
    ...dropouts.map((schedule): [string, Schedule] => ['dropout', schedule]),
    ...numbers.flatMap(({ keys, values }) => keys.map((key, i): [string, Schedule] => [key, values[i]!])),
    ['clip', clip],
  ];
}

/** Whether the schedule has other values with the other horizon, in the steps from `first` up to `end`. */
function differs(schedule: Schedule, [first, end]: readonly [number, number], horizons: readonly [number, number]): boolean {
  if (typeof schedule === 'number') return false;
  const stride = Math.max(1, (end - first) / MOST_STEPS);
  try {
    for (let at = first; at < end; at += stride) {
      const [one, other] = horizons.map((steps) => valueAt(schedule, Math.floor(at), steps));
      if (one !== other) return true;
    }
    return false;
  } catch {
    return true; // A function that knows no such horizon.
  }
}

/**
 * The horizon of a training that goes on with these options to the step `end`. Where no schedule counts to it, it
 * follows `epochs`.
 * @param after the step at which an epoch ends
 * @throws InputError where one does, the training would end elsewhere, and nobody said what is meant; or where what was said is over
 */
export function chooseHorizon(
  { settings }: Engine, { step, horizon: known, isHorizonSaid, samples }: TrainingState, { epochs, horizon }: FitOptions, train: number, after: (epoch: number) => number,
): number {
  const end = after(epochs);
  if (typeof horizon === 'number') {
    const wanted = after(horizon);
    if (wanted === known || wanted >= step) return wanted;
    throw new InputError(`fit: horizon ${horizon} is an epoch that is over: ${step} steps are done. Give ${epochs}, the last epoch to come, or 'keep' to leave the horizon at ${known} steps.`);
  }
  if (horizon === 'keep' || (isHorizonSaid && end < known && train === samples)) return known;
  const schedules = new Map(settings.flatMap(namedSchedules).map(([name, schedule]) => [schedule, name]));
  const found = [...schedules].find(([schedule]) => differs(schedule, [step, end], [known, end]));
  if (found === undefined) return Math.max(end, known);
  const [, name] = found;
  throw new InputError(
    `fit: the schedule of ${name} counts to a horizon of ${known} steps, and epoch ${epochs} ends after ${end}: ` +
      (end > known ? 'beyond the horizon it would stay at its final value. ' : 'it would not come to its final value. ') +
      `Give horizon: ${epochs} to let schedules count to the end of epoch ${epochs} from here on, or horizon: 'keep' to leave them as they are.`,
  );
}
