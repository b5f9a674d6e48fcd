/**
 * What penalties do to one update of one tensor. Coupled penalties enter the gradient; decoupled decay acts before the
 * optimizer; proximal maps act after it, in the optimizer's own metric, because only then does the step's fixed point
 * minimise loss + penalty: at rest the optimizer moves by lr * k * gradient / D, so the threshold must be lr * k * l1 / D.
 */
import { InputError } from '../errors.ts';
import { requireFields, requireKind, requireSame } from './check.ts';
import { mapped } from './mapped.ts';
import type { Coefficients } from './optimizers/types.ts';

/** sign(w) with sign(0) = 0; NaN stays NaN. */
const sign = Math.sign;

/** A penalty of strength 0 is absent, also where what it weighs is infinite. */
export const weighed = (strength: number, of: number): number => (strength === 0 ? 0 : strength * of);

/** Soft threshold: sign(z) max(|z| - threshold, 0), the proximal map of threshold * |.|. NaN stays NaN. @throws InputError for a negative threshold */
export function softThreshold(z: number, threshold: number): number {
  if (typeof z !== 'number' || typeof threshold !== 'number') requireKind('softThreshold', 'z and threshold', [z, threshold], 'values');
  if (threshold < 0) throw new InputError(`softThreshold: threshold must be 0 or more, got ${threshold}.`);
  return sign(z) * Math.max(Math.abs(z) - threshold, 0);
}

/**
 * g + l2 w (rule 'coupled') + l1 sign(w) (rule 'subgradient'). The subgradient never gives exact zeros.
 * `weights` are those before any decay of this step.
 */
export function coupledGradient(
  gradient: ArrayLike<number>, weights: ArrayLike<number>, strengths: Pick<Coefficients, 'l2Coupled' | 'l1Subgradient'>,
): Float64Array {
  requireSame('coupledGradient', { gradient, weights });
  const { l2Coupled, l1Subgradient } = requireFields('coupledGradient', strengths, { l2Coupled: 'number', l1Subgradient: 'number' });
  if (l2Coupled === 0 && l1Subgradient === 0) return new Float64Array(gradient);
  return mapped(gradient, (g, i) => g + weighed(l2Coupled, weights[i]!) + weighed(l1Subgradient, sign(weights[i]!)));
}

/** Decoupled weight decay: w decay, decay = 1 - lr wd. Source: Loshchilov, Hutter, "Decoupled weight decay", ICLR 2019. */
export function decoupledDecay(weights: ArrayLike<number>, decay: number): Float64Array {
  requireSame('decoupledDecay', { weights }, { decay });
  return decay === 1 ? new Float64Array(weights) : mapped(weights, (w) => w * decay);
}

/** strength / D. Where D is 0 no gradient was ever seen: any penalty at all weighs infinitely, none weighs nothing. */
const inMetric = (strength: number, metric: number): number => (strength === 0 ? 0 : strength / metric);

/**
 * The proximal map after the step: soft(w, lr k l1 / D) / (1 + lr k l2 / D), soft threshold first. With both this is
 * the elastic net (Zou, Hastie 2005); l2 takes part under rule 'proximal', l1 under 'proximal', or under 'decoupled'
 * with the plain threshold lr l1, which solves the stated problem for plain SGD only.
 * `metric` is D, elementwise; see OptimizerRule. The strengths have lr k in them; see Coefficients.
 * Where Adam never saw a gradient, D = epsilon: the weight becomes 0, as the exact lasso says.
 */
export function proximalStep(
  weights: ArrayLike<number>, metric: ArrayLike<number>, strengths: Pick<Coefficients, 'l1Threshold' | 'l1Decoupled' | 'l2Proximal'>,
): Float64Array {
  requireSame('proximalStep', { weights, metric });
  const { l1Threshold, l1Decoupled, l2Proximal } =
    requireFields('proximalStep', strengths, { l1Threshold: 'number', l1Decoupled: 'number', l2Proximal: 'number' });
  if (l1Threshold === 0 && l1Decoupled === 0 && l2Proximal === 0) return new Float64Array(weights);
  return mapped(weights, (w, i) => softThreshold(w, inMetric(l1Threshold, metric[i]!) + l1Decoupled) / (1 + inMetric(l2Proximal, metric[i]!)));
}

/**
 * Cumulative L1: a weight may have received `total` = sum over updates of lr * l1 and has received -`received` so far;
 * it moves toward zero by the difference, and never beyond.
 *
 *     w > 0: w' = max(0, w - (total + received));  w < 0: w' = min(0, w + (total - received));  received += w' - w
 *
 * Source: Tsuruoka, Tsujii, Ananiadou, "Stochastic gradient descent training for L1-regularized log-linear models with
 * cumulative penalty", ACL 2009.
 */
export function cumulativeL1(
  weights: ArrayLike<number>, received: ArrayLike<number>, total: number,
): { weights: Float64Array; received: Float64Array } {
  requireSame('cumulativeL1', { weights, received }, { total });
  const next = mapped(weights, (w, i) => {
    if (w > 0) return Math.max(0, w - (total + received[i]!));
    return w < 0 ? Math.min(0, w + (total - received[i]!)) : w;
  });
  return { weights: next, received: mapped(received, (q, i) => q + (next[i]! - weights[i]!)) };
}

/** max(w, 0), the projection onto weights that are not negative. NaN stays NaN. */
export function nonNegative(weights: ArrayLike<number>): Float64Array {
  requireSame('nonNegative', { weights });
  return mapped(weights, (w) => (w < 0 ? 0 : w));
}

/**
 * Running average of weights: average + weight (w - average); weight 1 copies.
 * weight = 1 - decay after a first copy is the exponential moving average; weight = 1 / n at the n-th is their mean
 * (SWA: Izmailov et al., "Averaging weights leads to wider optima", UAI 2018).
 */
export function average(averages: ArrayLike<number>, weights: ArrayLike<number>, weight: number): Float64Array {
  requireSame('average', { averages, weights }, { weight });
  return mapped(averages, (a, i) => (weight === 1 ? weights[i]! : a + weight * (weights[i]! - a)));
}
