import { requireFields, requireLength } from './check.ts';

export interface DenseWeightGradientOptions {
  /** [batch, inWidth] */
  readonly input: ArrayLike<number>;
  /** [batch, outWidth] */
  readonly delta: ArrayLike<number>;
  readonly batch: number;
  readonly inWidth: number;
  readonly outWidth: number;
}

/**
 * Gradient of a dense layer's weights: dW[k, j] = sum over rows r of input[r, k] * delta[r, j], [inWidth, outWidth].
 * `delta` already carries 1 / count. Throws InputError when an array has the wrong length.
 */
export function denseWeightGradient(options: DenseWeightGradientOptions): Float64Array {
  const { input, delta, batch, inWidth, outWidth } =
    requireFields('dense-weight-gradient', options, { input: 'values', delta: 'values', batch: 'size', inWidth: 'size', outWidth: 'size' });
  requireLength('dense-weight-gradient', 'input', input, batch * inWidth);
  requireLength('dense-weight-gradient', 'delta', delta, batch * outWidth);
  const out = new Float64Array(inWidth * outWidth);
  for (let row = 0; row < batch; row++) {
    for (let k = 0; k < inWidth; k++) {
      const x = input[row * inWidth + k]!;
      for (let j = 0; j < outWidth; j++) out[k * outWidth + j]! += x * delta[row * outWidth + j]!;
    }
  }
  return out;
}
