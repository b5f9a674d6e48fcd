/** What an awaited fit is told that has nothing to do. */

import { InputError } from '../errors.ts';
import type { FitOptions } from './fit-options.ts';
import type { TrainingState } from './training-state.ts';

export function idleError({ step, epoch }: TrainingState, { epochs, steps = Infinity }: FitOptions): InputError {
  const done = (many: string, option: string, total: number): string =>
    `this training has its ${many}: ${option} ${total} is the total since its beginning, not a number of further ones. To train on, give a larger total, ${option}: ${total + 1} say.`;
  const why = epoch >= epochs ? done(`${epoch} epochs`, 'epochs', epochs)
    : step >= steps ? done(`${step} steps`, 'steps', steps)
      : 'every replica has stopped early or diverged. Leave earlyStopping out to train on those that stopped.';
  return new InputError(`fit: nothing was left to do, so that there is no epoch to give: ${why}`);
}
