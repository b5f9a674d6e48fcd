import { InputError } from '../errors.ts';
import { requireKind } from './check.ts';
import { mapped } from './mapped.ts';
import { norm } from './optimizers/helpers.ts';
import type { Clip } from './optimizers/types.ts';
import { requireClip } from './optimizers/validate.ts';

/** min(1, threshold / norm); a norm of 0 is within every bound. */
export const clipScale = (threshold: number, length: number): number => (length > threshold ? threshold / length : 1);

/**
 * Bounds the raw gradients of one network, before any penalty:
 *
 *     value       g = clamp(g, -c, c)
 *     norm        g = g min(1, c / |g|), |g| over each tensor
 *     globalNorm  the same, |g| over all tensors together
 *
 * torch.nn.utils.clip_grad_norm_ divides by |g| + 1e-6 instead; here a clipped gradient has the norm c exactly.
 * NaN stays NaN. Throws InputError for another `by` or a threshold that is not above 0.
 * Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.
 */
export function clipGradients(gradients: readonly ArrayLike<number>[], clip: Clip): Float64Array[] {
  requireKind('clip', 'gradients', gradients, 'lists');
  requireClip(clip);
  const { by, threshold } = clip;
  if (by === 'value') {
    return gradients.map((gradient) => mapped(gradient, (g) => Math.min(Math.max(g, -threshold), threshold)));
  }
  const norms = gradients.map(norm);
  const scales = by === 'norm' ? norms.map((length) => clipScale(threshold, length)) : norms.fill(clipScale(threshold, norm(norms)));
  return gradients.map((gradient, i) => mapped(gradient, (g) => g * scales[i]!));
}

/** The gradient of one tensor on its own; a global norm needs the others. */
export function clipGradient(gradient: ArrayLike<number>, clip: Clip | undefined): ArrayLike<number> {
  if (!clip) return gradient;
  if (clip.by === 'globalNorm') {
    throw new InputError("update: clip.by must be 'value' or 'norm' for one tensor, got 'globalNorm'. Call clipGradients with all tensors first.");
  }
  return clipGradients([gradient], clip)[0]!;
}
