/** How a fit begins that chooses among epochs, or comes after one that did. */

import { NO_EPOCH } from './early-stopping.ts';
import type { bestAsked, FitOptions } from './fit-options.ts';
import { noTotals } from './totals.ts';
import type { TrainingState } from './training-state.ts';

/** Best epochs go on from those of an earlier fit that chose in the same way; without early stopping all train on. */
export function beginChoice(state: TrainingState, { earlyStopping }: FitOptions, asked: ReturnType<typeof bestAsked>): void {
  if (asked !== undefined && (state.best?.monitor !== asked.monitor || (asked.kept && !state.best.kept))) {
    state.best = { ...asked, replicas: state.totals.map(() => NO_EPOCH) };
  }
  if (earlyStopping !== undefined) return;
  state.stopped.forEach((found, replica) => {
    if (found === null) return;
    state.stopped[replica] = null;
    state.totals[replica] = noTotals();
    if (state.best !== null) state.best = { ...state.best, replicas: state.best.replicas.with(replica, { ...state.best.replicas[replica]!, bad: 0 }) };
  });
}
