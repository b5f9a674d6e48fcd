/** The gradient of a network's outputs in float64, by every loss, with the errors that f32 may make. */
import type { Loss } from '../../src/model/losses/index.ts';
import { numbersOfLoss } from '../../src/model/losses/index.ts';
import { elementLosses, type ElementLoss, type ElementLossReference } from '../../src/reference/index.ts';
import { build, exponentialError, LAMBDA, U, type Bounded } from './bounded.ts';

export interface Taught {
  /** Classes, or [count, width]. */
  readonly targets: readonly number[];
  readonly isVector: boolean;
  /** Of rows. */
  readonly weights?: readonly number[] | undefined;
  readonly count: number;
}

/** The loss's own number. */
const numberOf = (loss: Loss): number => (numbersOfLoss(loss).values[0] ?? 0) as number;

/** weight (p sum q - q) / count, q what the target and its classes count */
function softmaxGradient(z: Bounded, loss: Loss, { targets, isVector, weights, count }: Taught): Bounded {
  const classes = z.value.length / count, smoothing = numberOf(loss), { classWeights } = loss as { classWeights?: readonly number[] };
  const qOf = (row: number, c: number): number =>
    (classWeights?.[c] ?? 1) * ((1 - smoothing) * (isVector ? targets[row * classes + c]! : Number(targets[row] === c)) + smoothing / classes);
  return build(z.value.length, (i) => {
    const row = Math.floor(i / classes), own = z.value.subarray(row * classes, (row + 1) * classes);
    const largest = Math.max(...own), exponentials = Array.from(own, (x) => Math.exp(x - largest));
    const total = exponentials.reduce((a, b) => a + b, 0), p = exponentials[i % classes]! / total;
    const errors = z.error.subarray(row * classes, (row + 1) * classes), worst = Math.max(...errors);
    // The logits' errors move log p by at most twice their largest.
    const relative = Math.hypot(2 * worst, exponentialError(Math.max(...own.map((x) => largest - x))), (classes + 4) * U);
    const q = qOf(row, i % classes), whole = own.reduce((sum, _, c) => sum + qOf(row, c), 0), factor = (weights?.[row] ?? 1) / count;
    return [factor * (p * whole - q), factor * Math.hypot(p * whole * relative, 2 * U * (p * whole - q), 4 * U * q)];
  });
}

/** How much a slope changes where an output is off by `e`, and what an exponential in it may be off. */
const CHANGES: { readonly [Type in ElementLoss]: (d: number, e: number, number: number) => number } = {
  'mean-squared-error': (_d, e) => 2 * e,
  // At 0 its sign may be either.
  'mean-absolute-error': (d, e) => (e > 0 && Math.abs(d) <= LAMBDA * e ? 2 / LAMBDA : 0),
  huber: (_d, e) => e,
  'smooth-l1': (_d, e, beta) => e / beta,
  'binary-cross-entropy': (_d, e, weight) => Math.max(1, weight) * Math.hypot(e / 4, 8 * U),
};

/** weight l'(z, t) / (width count) */
function elementGradient(z: Bounded, loss: Loss, { targets, weights, count }: Taught): Bounded {
  const type = loss.type as ElementLoss, width = z.value.length / count, number = numberOf(loss), { gradient }: ElementLossReference = elementLosses[type];
  return build(z.value.length, (i) => {
    const x = z.value[i]!, t = targets[i]!, slope = gradient(x, t, number), factor = (weights?.[Math.floor(i / width)] ?? 1) / (width * count);
    const changed = CHANGES[type](x - t, Math.hypot(z.error[i]!, U * (x - t)), number);
    return [factor * slope, factor * Math.hypot(changed, 8 * U * slope)];
  });
}

export const lossGradient = (z: Bounded, loss: Loss, taught: Taught): Bounded =>
  (loss.type === 'softmax-cross-entropy' ? softmaxGradient : elementGradient)(z, loss, taught);
