/** What an awaited fit is told that has nothing to do. */

import { InputError } from '../errors.ts';
import type { FitOptions } from './fit-options.ts';
import type { TrainingState } from './training-state.ts';

export function idleError({ step, epoch }: TrainingState, { epochs, steps = Infinity }: FitOptions): InputError {
  const over = (done: number, option: string, asked: number): string =>
    `this training has done ${done} ${done === 1 ? option.slice(0, -1) : option}, and ${option}: ${asked} is a total since its beginning, not a number of further ones. To train on, give a larger total, ${option}: ${done + 1} say.`;
  const why = epoch >= epochs ? over(epoch, 'epochs', epochs)
    : step >= steps ? over(step, 'steps', steps)
      : 'every replica has stopped early or diverged. Leave earlyStopping out to train on those that stopped.';
  return new InputError(`fit: nothing was left to do, so that there is no epoch to give: ${why}`);
}
