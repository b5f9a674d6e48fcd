import { requireFields, requireLength } from './check.ts';
import { activationOf, type Activation } from './activations/index.ts';
import { dropoutFactors, requireDropout, type Dropout } from './dropout.ts';
import { mapped } from './mapped.ts';

/** What lies between the product and the layer below: its activation, then its dropout, and what it stored. */
export interface LayerBelow {
  readonly activation: Activation;
  /** The activation's own number, as `activationOf` takes it. */
  readonly activationNumber?: number | undefined;
  readonly dropout?: Dropout | undefined;
  /** The layer's output after activation and dropout, [batch, inWidth]. Needed where there is an activation, unless `input` is. */
  readonly output?: ArrayLike<number> | undefined;
  /** What the activation was made from, [batch, inWidth]. Needed where the slope is computed from it: softplus, silu, gelu, geluTanh, hardSwish. */
  readonly input?: ArrayLike<number> | undefined;
  /** Gradient of penalties on that output, such as activityGradient's. Default none. */
  readonly penaltyGradient?: ArrayLike<number> | undefined;
}

export interface DenseInputGradientOptions {
  /** d loss / d output of this layer's product, [batch, outWidth] */
  readonly delta: ArrayLike<number>;
  /** [inWidth, outWidth] */
  readonly weight: ArrayLike<number>;
  readonly batch: number;
  readonly inWidth: number;
  readonly outWidth: number;
  readonly below: LayerBelow;
}

/**
 * d h / d z of the layer below, elementwise, [batch * inWidth].
 * relu: dropout scale where the stored output is > 0, else 0. A stored output is positive exactly where the value was
 * kept and z > 0, so no mask is needed; at z = 0 this gives 0, as PyTorch does.
 * Others: the dropout factor, drawn again from the counter (1 without dropout), times the slope, from what the activation
 * made before it or was made from; none: the factor.
 */
export function slopes(length: number, below: LayerBelow): Float64Array {
  const { activation, activationNumber, dropout, output, input, penaltyGradient } = requireFields('below', below, {
    activation: 'text', activationNumber: 'number?', dropout: 'object?', output: 'values?', input: 'values?', penaltyGradient: 'values?',
  });
  if (penaltyGradient !== undefined) requireLength('below', 'penaltyGradient', penaltyGradient, length);
  if (dropout !== undefined) requireDropout(dropout);
  if (activation === 'none') return dropoutFactors(length, dropout);
  const { slope, keepsMask = false, stored = 'output' } = activationOf(activation, activationNumber), isInput = stored === 'input';
  requireLength('dense-input-gradient', `below.${stored} (the ${activation} layer below)`, (isInput ? input : output) ?? [], length);
  if (keepsMask) return mapped(output!, (h) => (h > 0 ? (dropout?.scale ?? 1) : 0));
  return mapped(dropoutFactors(length, dropout), (factor, i) => (factor === 0 ? 0 : factor * slope(isInput ? input![i]! : output![i]! / factor)));
}

/**
 * Gradient with respect to the layer below, before its activation: dX = (delta W^T + penalty gradient) * slope, [batch, inWidth].
 * Throws InputError when an array has the wrong length or relu's stored output is missing.
 */
export function denseInputGradient(options: DenseInputGradientOptions): Float64Array {
  const { delta, weight, batch, inWidth, outWidth, below } = requireFields('dense-input-gradient', options, {
    delta: 'values', weight: 'values', batch: 'size', inWidth: 'size', outWidth: 'size', below: 'object',
  });
  requireLength('dense-input-gradient', 'delta', delta, batch * outWidth);
  requireLength('dense-input-gradient', 'weight', weight, inWidth * outWidth);
  const slope = slopes(batch * inWidth, below);
  const out = new Float64Array(batch * inWidth);
  for (let row = 0; row < batch; row++) {
    for (let k = 0; k < inWidth; k++) {
      let sum = below.penaltyGradient?.[row * inWidth + k] ?? 0;
      for (let j = 0; j < outWidth; j++) sum += delta[row * outWidth + j]! * weight[k * outWidth + j]!;
      const factor = slope[row * inWidth + k]!;
      out[row * inWidth + k] = factor === 0 ? 0 : sum * factor;
    }
  }
  return out;
}
