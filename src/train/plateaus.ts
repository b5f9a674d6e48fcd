/** Schedules that wait for the validation figure to stop improving: how often each was reduced, per replica. */

import { InputError } from '../errors.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import { nextPlateau, plateausIn, START_PLATEAU, type PlateauSchedule } from '../model/schedules/index.ts';
import { checkMonitor, figureOf } from './early-stopping.ts';
import type { Evaluation } from './events.ts';
import type { TrainingState } from './training-state.ts';

/** Equal schedules of a replica are one: they see the same figures. */
const keyOf = (schedule: PlateauSchedule): string => JSON.stringify(schedule);

function plateausOf({ tensors, dropouts, numbers, clip }: ReplicaSettings): Map<string, PlateauSchedule> {
  const schedules = [
    ...tensors.flatMap(({ values, penalties }) => [...Object.values(values), ...Object.values(penalties).map(({ strength }) => strength)]),
    ...dropouts, ...numbers.flatMap(({ values }) => values), clip,
  ];
  return new Map(schedules.flatMap(plateausIn).map((schedule) => [keyOf(schedule), schedule]));
}

/** @throws InputError when there is a plateau schedule, and no validation set to advance it by, or not the figure that it follows */
export function checkPlateaus(settings: readonly ReplicaSettings[], hasValidation: boolean, figures: readonly string[]): void {
  const schedules = settings.flatMap((own) => [...plateausOf(own).values()]);
  for (const { monitor } of schedules) checkMonitor("fit: a plateau schedule's monitor", monitor, figures);
  if (hasValidation || schedules.length === 0) return;
  throw new InputError('fit: a plateau schedule follows the validation figure, and no validation set was given. Pass validation; split(...) makes one.');
}

/** How often a replica's schedules were reduced. */
export const reductionsOf = ({ plateaus }: TrainingState, replica: number) =>
  (schedule: PlateauSchedule): number => plateaus[replica]![keyOf(schedule)]?.reductions ?? 0;

/** The end of an epoch with this figure. */
export function advancePlateaus(state: TrainingState, replica: number, settings: ReplicaSettings, figure: Evaluation): void {
  const own = state.plateaus[replica]!;
  for (const [key, schedule] of plateausOf(settings)) {
    own[key] = nextPlateau(own[key] ?? START_PLATEAU, schedule, figureOf(figure, schedule.monitor));
  }
}
