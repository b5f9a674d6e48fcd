/** What is done where numbers stop being finite, and said where no replica is left to train. */

import { NonFiniteError } from '../errors.ts';
import { copyOf } from '../model/schedules/index.ts';
import { copyBack } from './copies.ts';
import type { Engine } from './engine.ts';
import { copiesOf } from './kept.ts';
import { noTotals } from './totals.ts';
import type { Kept, TrainingState } from './training-state.ts';

export interface Divergence {
  readonly step: number;
  /** '' where every update of an epoch was left out. */
  readonly tensor: string;
  readonly isState: boolean;
  readonly replica: number;
  /** The step whose weights were put back, and whether a forward pass ever found them good. */
  readonly back: number;
  readonly isBackGood: boolean;
}

export function divergenceError({ step, tensor, isState, replica, back, isBackGood }: Divergence): NonFiniteError {
  const detail = isBackGood
    ? `The weights of step ${back}, the last good ones, were put back. Try a smaller learning rate; check the data for NaN and infinity.`
    : `Before that step, too, the weights gave no loss of use (a number of at most 2^24), and none that do are known: those that this fit began with, at step ${back}, `
      + 'are as they were. No learning rate helps. Set or load other weights, finite and not so large; check the data for NaN, infinity and very large values.';
  return new NonFiniteError(step, tensor, replica, detail, isState, isBackGood ? back : undefined);
}

/** Puts the last good weights of some replicas back, or where none are known those that the fit began with. @throws GradshaderError 'unwritten' */
export const putBack = (engine: Engine, replicas: readonly number[]): Promise<void> =>
  copyBack(engine.program, copiesOf(engine, replicas, (name) => ({ from: `snapshot.${name}`, to: name })));

/** All as it was then, but for what is on the GPU as it is now: replicas that stopped since, and best weights kept since. */
function returned(then: Kept['state'], now: TrainingState): TrainingState {
  const state = copyOf(then) as TrainingState;
  now.stopped.forEach((found, replica) => {
    if (found !== null && then.stopped[replica] === null) [state.stopped[replica], state.totals[replica]] = [found, now.totals[replica]!];
  });
  const { best } = now;
  if (best?.replicas.some(({ epoch }) => epoch > then.epoch)) state.best = { ...best, replicas: best.replicas.map((own) => ({ ...own, bad: 0 })) };
  return state;
}

/**
 * Replicas that diverged stay frozen; but where none is left and `fit` fails, they may try again, say with a smaller learning
 * rate, from the step that their weights are of. A fit that goes back to where it began leaves no trace.
 * @param back what the weights that were put back are of, where that is older than the state
 */
export function tryAgain(state: TrainingState, { fresh, back, before }: { fresh: readonly number[]; back: Kept['state'] | undefined; before: Kept['state'] }): void {
  if (back !== undefined) Object.assign(state, returned(back, state));
  if (back === before) return;
  const { diverged, totals } = state;
  diverged.forEach((known, replica) => {
    // One that was frozen earlier missed a part of this epoch: its sums begin again.
    if (known !== null && !fresh.includes(replica)) totals[replica] = noTotals();
    diverged[replica] = null;
  });
}
