/** Bounds on gradients. They hold for the gradient of the data term: penalties are added afterwards. */

import { InputError } from '../errors.ts';
import { checkOptions } from '../options.ts';
import { boundOf } from './domains.ts';
import { checkF32, isSchedule, rangeOf, textOf, type Schedule } from './schedules/index.ts';

export interface Clip {
  readonly by: 'value' | 'norm' | 'globalNorm';
  readonly threshold: Schedule;
}

/** @throws InputError */
export function checkClip(clip: Clip): Clip {
  const { by, threshold } = (clip ?? {}) as Partial<Clip>;
  if (by !== 'value' && by !== 'norm' && by !== 'globalNorm') {
    throw new InputError(`clip must be made by clipByValue, clipByNorm or clipByGlobalNorm, got ${textOf(clip)}.`);
  }
  checkOptions('clip', clip, ['by', 'threshold']);
  const [low, high] = isSchedule(threshold) ? rangeOf(threshold, () => boundOf('clip: the threshold', 'positive')) : [NaN, NaN];
  if (!(low > 0 && high < Infinity)) {
    throw new InputError(`clip: the threshold must be a finite number above 0, or a schedule; got ${textOf(threshold)}.`);
  }
  checkF32('clip: the threshold', threshold!);
  return clip;
}

/**
 * Bounds every element of the gradient of the data term:
 *   g = min(max(g, -threshold), threshold)
 *
 * Costs nothing. PyTorch's `clip_grad_value_`, Keras's `clipvalue`, optax's `clip`.
 * @throws InputError
 */
export const clipByValue = (threshold: Schedule): Clip => checkClip({ by: 'value', threshold });

/**
 * Bounds the gradient of every tensor apart, |g| its Euclidean norm over the tensor (Keras's `clipnorm`):
 *   g *= min(1, threshold / |g|)
 *
 * One dispatch more per step, and the gradients are kept in memory. PyTorch's `clip_grad_norm_` on one tensor adds
 * 1e-6 to the norm; here the form is exact.
 * @throws InputError
 */
export const clipByNorm = (threshold: Schedule): Clip => checkClip({ by: 'norm', threshold });

/**
 * Bounds the gradient of all tensors of a replica together, |g| the norm over all of them (Pascanu, Mikolov and Bengio
 * 2013; PyTorch's `clip_grad_norm_` without its 1e-6):
 *   g *= min(1, threshold / |g|)
 *
 * The norm never leaves the GPU. Costs as `clipByNorm`.
 * @throws InputError
 */
export const clipByGlobalNorm = (threshold: Schedule): Clip => checkClip({ by: 'globalNorm', threshold });
