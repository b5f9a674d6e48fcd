/** Bounds on losses that go element by element. */

import type { Row } from '../float64/rows.ts';
import type { HeadShape } from '../kernels/head.ts';
import type { SoftmaxCrossEntropyShape } from '../kernels/softmax-cross-entropy.ts';
import { elementLosses, type ElementLoss, type ElementLossReference } from '../reference/index.ts';
import { FEW, LAMBDA, LARGEST, MANY, U, type Look } from './look.ts';

/** Of an element that is off by `e`: how steep its loss is, and by how much its slope changes. */
interface Steepness {
  readonly loss: number;
  readonly slope: number;
}

/** By type, from the difference of output and target, and the loss's number. */
const STEEPNESS: { readonly [Type in ElementLoss]: (d: number, e: number, number: number) => Steepness } = {
  'mean-squared-error': (d, e) => ({ loss: 2 * (Math.abs(d) + e), slope: 2 * e }),
  // At 0 the slope's sign may be either.
  'mean-absolute-error': (d, e) => ({ loss: 1, slope: Math.abs(d) <= e ? 2 : 0 }),
  huber: (d, e, delta) => ({ loss: Math.min(Math.abs(d) + e, delta), slope: e }),
  'smooth-l1': (_d, e, beta) => ({ loss: 1, slope: e / beta }),
  'binary-cross-entropy': (_d, e, weight) => ({ loss: Math.max(1, weight), slope: Math.max(1, weight) * (e / 4 + U * MANY) }),
};

/** What a row's sample, and each output's slope times the row's weight over their number, may be off. */
export function elementErrors(
  { shape, words, want }: Look<SoftmaxCrossEntropyShape | HeadShape>, row: Row, replica: number, r: number,
  { values, error }: { readonly values: Float64Array; readonly error: number }, weight: number,
): { sample: number; slopes: number[] } {
  const { rows, classes, batch, samplesStride, loss: { type, target, entry } } = shape;
  const number = row.layers[entry]!.first, own: ElementLossReference = elementLosses[type as ElementLoss], factor = weight / classes;
  const first = (replica * rows + r) * target.words, targets = new Float32Array(words('targets').slice(first, first + classes).buffer);
  let sum = 0, off = 0, mayFlip = false;
  const slopes = Array.from(values, (z, c) => {
    const t = targets[c]!, e = error + 2 * U * (Math.abs(z) + Math.abs(t)), steep = STEEPNESS[type as ElementLoss](z - t, e, number);
    const loss = own.loss(z, t, number);
    sum += loss;
    off += steep.loss * e + U * (FEW * loss + (own.isMiss === undefined ? 0 : MANY * Math.max(1, number)));
    mayFlip ||= own.isMiss !== undefined && Math.abs(z) <= e;
    return factor * (steep.slope + FEW * U * Math.abs(own.gradient(z, t, number)));
  });
  // The sum may leave f32 where its mean does not, and then nothing of the row is finite.
  if (sum * Math.max(1, factor) >= LARGEST) return { sample: LARGEST, slopes: slopes.map(() => LARGEST) };
  const sample = factor * (off + U * LAMBDA * Math.sqrt(classes) * sum), said = Math.abs(want('samples')[replica * samplesStride + row.slot * batch + r]!);
  return { sample: sample + FEW * U * said + (mayFlip ? 2 * said + 2 ** -125 : 0), slopes };
}
