/** Where a training stands, by replica: what schedules are asked with when no update is made. */

import type { Clock } from '../compile/rows.ts';
import type { Engine } from './engine.ts';
import { reductionsOf } from './plateaus.ts';
import type { TrainingState } from './training-state.ts';

/** As the next update will see them. */
export const clocksOf = ({ settings }: Pick<Engine, 'settings'>, state: TrainingState): Clock[] =>
  settings.map((_, replica) => ({ step: state.step, steps: state.horizon, t: state.step, reductions: reductionsOf(state, replica) }));
