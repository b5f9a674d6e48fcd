/** When a plateau schedule is reduced: PyTorch's ReduceLROnPlateau as a pure function from state to state. */

import { isLowerBetter } from '../../metrics/figures.ts';
import type { PlateauSchedule, Schedule } from './types.ts';

export interface PlateauState {
  /** Best figure so far; null before the first. */
  readonly best: number | null;
  /** Epochs in a row that were no better. */
  readonly bad: number;
  /** Epochs of cooldown left. */
  readonly cooldown: number;
  readonly reductions: number;
}

export const START_PLATEAU: PlateauState = Object.freeze({ best: null, bad: 0, cooldown: 0, reductions: 0 });

function isBetter(value: number, best: number | null, { monitor, threshold }: PlateauSchedule): boolean {
  if (!Number.isFinite(value)) return false;
  if (best === null) return true;
  const room = best < 0 ? -threshold : threshold; // Below 0 as above it: better by a part of its size.
  return isLowerBetter(monitor) ? value < best * (1 - room) : value > best * (1 + room);
}

/**
 * The state after an epoch whose figure (the one `schedule.monitor` names) was `value`. A value that is not
 * finite is an epoch without improvement. Reductions are counted even where the minimum already holds the value.
 */
export function nextPlateau(state: PlateauState, schedule: PlateauSchedule, value: number): PlateauState {
  const better = isBetter(value, state.best, schedule);
  const best = better ? value : state.best;
  const isCooling = state.cooldown > 0;
  const bad = better || isCooling ? 0 : state.bad + 1;
  if (bad > schedule.patience) return { best, bad: 0, cooldown: schedule.cooldown, reductions: state.reductions + 1 };
  return { best, bad, cooldown: isCooling ? state.cooldown - 1 : 0, reductions: state.reductions };
}

/** The plateau schedules whose reductions `valueAt` will ask for: none or one. */
export function plateausIn(schedule: Schedule): PlateauSchedule[] {
  if (typeof schedule === 'number') return [];
  if (schedule.schedule === 'plateau') return [schedule];
  return schedule.schedule === 'warmUp' ? plateausIn(schedule.inner) : [];
}

/** Whether a value from a file is a state. */
export function isPlateauState(value: unknown): value is PlateauState {
  const { best, ...counts } = (value ?? {}) as Partial<PlateauState>;
  return (best === null || Number.isFinite(best)) &&
    [counts.bad, counts.cooldown, counts.reductions].every((count) => Number.isSafeInteger(count) && count! >= 0);
}
