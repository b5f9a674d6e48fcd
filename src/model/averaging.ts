/** Running averages of the weights, kept on the GPU beside them. */

import { InputError } from '../errors.ts';
import { checkOptions, isF32, textOf } from '../options.ts';

export type Averaging =
  | { readonly type: 'ema'; readonly decay: number }
  | { readonly type: 'swa'; readonly start: number; readonly every: number };

/** @throws InputError */
export function checkAveraging(averaging: Averaging): Averaging {
  const { type, decay, start, every } = (averaging ?? {}) as Partial<Record<string, unknown>>;
  if (type === 'ema') {
    checkOptions('ema', averaging as { type: string; decay: number }, ['type', 'decay']);
    if (isF32(decay) && decay >= 0 && Math.fround(decay) < 1) return averaging;
    throw new InputError(`ema: the decay must lie in [0, 1) in f32, got ${textOf(decay)}.`);
  }
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;
  if (type !== 'swa') throw new InputError(`averaging must be made by ema(...) or swa(...), got ${textOf(averaging)}.`);
  checkOptions('swa', averaging as { type: string; start: number; every: number }, ['type', 'start', 'every']);
  if (isCount(start) && isCount(every)) return averaging;
  throw new InputError(`swa: start and every must be whole numbers of 1 or more, got ${textOf(start)} and ${textOf(every)}.`);
}

/**
 * Exponential moving average (Polyak and Juditsky 1992; PyTorch's `AveragedModel` with `get_ema_avg_fn`):
 * average = decay * average + (1 - decay) * w after each update; the first one copies.
 * One f32 per parameter, 8 bytes per parameter and update, no dispatch. The average is evaluated beside the weights
 * at each epoch's end and saved in checkpoints.
 * @param decay in [0, 1), default 0.999
 * @throws InputError
 */
export const ema = (decay = 0.999): Averaging => checkAveraging({ type: 'ema', decay });

/**
 * Stochastic weight averaging (Izmailov et al. 2018): from update `start` on, the mean of the weights at every
 * `every`-th update; before it, a copy of the weights. Costs as `ema`. There are no batch statistics to be redone.
 * @param options.start number of the first update that counts, from 1; usually three quarters of the training
 * @param options.every updates between two that count, usually those of an epoch; default 1
 * @throws InputError
 */
export function swa(options: { start: number; every?: number }): Averaging {
  const { start, every = 1 } = checkOptions('swa', options, ['start', 'every']);
  return checkAveraging({ type: 'swa', start, every });
}

/** Weight of the new weights in the average at update `t`, from 1: 1 copies, 0 leaves the average. */
export function averageWeight(averaging: Averaging | undefined, t: number): number {
  if (averaging === undefined) return 0;
  if (averaging.type === 'ema') return t === 1 ? 1 : 1 - averaging.decay;
  const since = t - averaging.start;
  if (since < 0) return 1;
  return since % averaging.every === 0 ? 1 / (since / averaging.every + 1) : 0;
}

const LARGEST_WORD = 2 ** 32 - 1;

/**
 * The same for a row, whose kernels count updates themselves where some are left out: 'average_weight' in
 * shaders/lib/skips.wgsl.
 * @param t of this update; Infinity where the kernels count
 */
export function averageRow(averaging: Averaging | undefined, t: number): { averageWeight: number; averageStart: number; averageEvery: number } {
  const { start, every } = averaging?.type === 'swa' ? averaging : { start: 2, every: 0 };
  return {
    averageWeight: averageWeight(averaging, t), averageStart: Math.min(start, LARGEST_WORD), averageEvery: Math.min(every, LARGEST_WORD),
  };
}
