import { requireFields, requireLength } from './check.ts';

/**
 * Gradient of a dense layer's bias: db[j] = sum over rows r of delta[r, j], [outWidth].
 * Throws InputError when `delta` is not [batch, outWidth].
 */
export function biasGradient(options: { delta: ArrayLike<number>; batch: number; outWidth: number }): Float64Array {
  const { delta, batch, outWidth } =
    requireFields('bias-gradient', options, { delta: 'values', batch: 'size', outWidth: 'size' });
  requireLength('bias-gradient', 'delta', delta, batch * outWidth);
  const out = new Float64Array(outWidth);
  for (let row = 0; row < batch; row++) {
    for (let j = 0; j < outWidth; j++) out[j]! += delta[row * outWidth + j]!;
  }
  return out;
}
