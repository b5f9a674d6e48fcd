/** Where a training stands, by replica: what schedules are asked with when no update is made. */

import type { Clock } from '../compile/rows.ts';
import type { Engine } from './engine.ts';
import { reductionsOf } from './plateaus.ts';
import type { TrainingState } from './training-state.ts';

/** As the next update will see them. */
export const clocksOf = ({ settings }: Pick<Engine, 'settings'>, state: TrainingState): Clock[] =>
  settings.map((_, replica) => ({ step: state.step, steps: state.horizon, t: state.step, reductions: reductionsOf(state, replica) }));

/** Of a training that has no horizon yet. No schedule's first value depends on it, and functions may divide by one less. */
const ANY_HORIZON = 1000;

/**
 * As the last update saw them, or before any as the first one will: an evaluation is of the network that was trained. Replicas that
 * have stopped are evaluated at this step, too.
 */
export const evaluationClocks = (engine: Pick<Engine, 'settings'>, state: TrainingState): Clock[] =>
  clocksOf(engine, state).map((clock) => ({ ...clock, step: Math.max(0, clock.step - 1), steps: clock.steps || ANY_HORIZON }));
