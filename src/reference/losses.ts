/** Losses that go element by element, in float64: the loss of one output and one target, and its derivative. */

import { sigmoid } from './activations/sigmoid.ts';

export interface ElementLossReference {
  /** l(z, t) */
  loss(z: number, t: number, number: number): number;
  /** dl / dz */
  gradient(z: number, t: number, number: number): number;
  /** Its own number where none is given. */
  readonly usual?: number;
  /** Whether the output says something else than the target. Default never. */
  isMiss?(z: number, t: number): boolean;
}

/** log(1 + exp(-|z|)) */
const rest = (z: number): number => Math.log1p(Math.exp(-Math.abs(z)));

export const elementLosses = {
  /** (z - t)^2 */
  'mean-squared-error': { loss: (z, t) => (z - t) ** 2, gradient: (z, t) => 2 * (z - t) },
  /** |z - t|, derivative 0 where they are equal */
  'mean-absolute-error': { loss: (z, t) => Math.abs(z - t), gradient: (z, t) => Math.sign(z - t) },
  /** Huber, Annals of Mathematical Statistics 35, 1964; delta = 1 where none is given. */
  huber: {
    usual: 1,
    loss: (z, t, delta) => (Math.abs(z - t) <= delta ? (z - t) ** 2 / 2 : delta * (Math.abs(z - t) - delta / 2)),
    gradient: (z, t, delta) => Math.min(Math.max(z - t, -delta), delta),
  },
  /** Girshick, ICCV 2015; with beta as PyTorch's smooth_l1_loss, 1 where none is given. */
  'smooth-l1': {
    usual: 1,
    loss: (z, t, beta) => (Math.abs(z - t) < beta ? (z - t) ** 2 / (2 * beta) : Math.abs(z - t) - beta / 2),
    gradient: (z, t, beta) => Math.min(Math.max((z - t) / beta, -1), 1),
  },
  /** -p t log s(z) - (1 - t) log(1 - s(z)), s the logistic function, as PyTorch's binary_cross_entropy_with_logits; p = 1 where none is given. */
  'binary-cross-entropy': {
    usual: 1,
    loss: (z, t, p) => p * t * (Math.max(-z, 0) + rest(z)) + (1 - t) * (Math.max(z, 0) + rest(z)),
    gradient: (z, t, p) => (1 - t) * sigmoid.activate(z) - p * t * sigmoid.activate(-z),
    isMiss: (z, t) => z > 0 !== t > 0.5,
  },
} as const satisfies Readonly<Record<string, ElementLossReference>>;

export type ElementLoss = keyof typeof elementLosses;
