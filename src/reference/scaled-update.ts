import { requireFields, requireLength } from './check.ts';
import { clipGradients } from './clip.ts';
import { completeState, withDefaults } from './optimizers/index.ts';
import type { Clip } from './optimizers/types.ts';
import { requireTensor, update, type UpdateOptions, type Updated } from './update.ts';

export interface ScaledUpdateOptions {
  /** All tensors of one network. */
  readonly tensors: readonly Omit<UpdateOptions, 't'>[];
  readonly t: number;
  /** In place of any clip in the tensors' hyperparameters. Default none. */
  readonly clip?: Clip | undefined;
  /** A gradient that is not finite anywhere, or overflows a slot of the state, leaves every tensor as it is. Default false. */
  readonly skip?: boolean | undefined;
}

export interface ScaledUpdateResult {
  readonly tensors: Updated[];
  /** The update was left out: t must not advance. */
  readonly skipped: boolean;
}

/**
 * One update of all tensors of a network, where its scale depends on norms: clipping by norm or by global norm, trust
 * ratios, updates that are skipped. Throws InputError as `update` does.
 */
export function scaledUpdate(options: ScaledUpdateOptions): ScaledUpdateResult {
  const { tensors, t, clip, skip = false } =
    requireFields('scaled-update', options, { tensors: 'objects', t: 'size', clip: 'object?', skip: 'flag?' });
  for (const tensor of tensors) withDefaults(requireTensor({ ...tensor, t }).hyperparameters);
  for (const { weights, gradient } of tensors) requireLength('scaled-update', 'gradient', gradient, weights.length);
  const finite = tensors.map(({ gradient }) => Array.prototype.every.call(gradient, Number.isFinite));
  const leftOut = (nonFinite: readonly boolean[]): ScaledUpdateResult => ({
    tensors: tensors.map(({ weights, state, hyperparameters }, i) =>
      ({ weights: Float64Array.from(weights), state: completeState(weights, state, hyperparameters), nonFinite: nonFinite[i]! })),
    skipped: true,
  });
  if (skip && finite.includes(false)) return leftOut(finite.map((isFinite) => !isFinite));
  const gradients = tensors.map(({ gradient }) => gradient);
  const clipped = clip ? clipGradients(gradients, clip) : gradients;
  const updated = tensors.map((tensor, i) => {
    const hyperparameters = clip ? { ...tensor.hyperparameters, clip: undefined } : tensor.hyperparameters;
    const next = update({ ...tensor, hyperparameters, gradient: clipped[i]!, t });
    // Clipping by value hides an infinity from the update.
    return { ...next, nonFinite: next.nonFinite || !finite[i] };
  });
  const overflowed = updated.map(({ state }) => Object.values(state).some((slot) => !slot.every(Number.isFinite)));
  if (skip && overflowed.includes(true)) return leftOut(overflowed);
  return { tensors: updated, skipped: false };
}
