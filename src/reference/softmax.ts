import { requireFields, requireLength } from './check.ts';

/**
 * Class probabilities: p[r, c] = exp(z[r, c] - max_r) / sum_c exp(z[r, c] - max_r), [batch, classes].
 * The row maximum is subtracted first, so that no finite logits overflow.
 * Throws InputError when `logits` is not [batch, classes].
 */
export function softmax(options: { logits: ArrayLike<number>; batch: number; classes: number }): Float64Array {
  const { logits, batch, classes } = requireFields('softmax', options, { logits: 'values', batch: 'size', classes: 'size' });
  requireLength('softmax', 'logits', logits, batch * classes);
  const out = new Float64Array(batch * classes);
  for (let row = 0; row < batch; row++) {
    const start = row * classes;
    let maximum = -Infinity;
    for (let c = 0; c < classes; c++) maximum = Math.max(maximum, logits[start + c]!);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += out[start + c] = Math.exp(logits[start + c]! - maximum);
    for (let c = 0; c < classes; c++) out[start + c]! /= sum;
  }
  return out;
}
