/** What is said where numbers stop being finite and no replica is left to train. */

import { NonFiniteError } from '../errors.ts';

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
    : `Before that step, too, the weights gave no loss of use (a number of at most 2^24), and none that do are known: those that this training began with, at step ${back}, `
      + 'are as they were. No learning rate helps. Set or load other weights, finite and not so large; check the data for NaN, infinity and very large values.';
  return new NonFiniteError(step, tensor, replica, detail, isState, isBackGood ? back : undefined);
}
