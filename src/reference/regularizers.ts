/**
 * What penalties do to one step of one tensor. Coupled penalties enter the gradient; decoupled decay acts before the
 * optimizer; proximal maps act after it, in the optimizer's own metric, because only then does the step's fixed point
 * minimise loss + penalty: at rest the optimizer moves by lr * k * gradient, so the threshold must be lr * k * l1.
 */
import { map } from './map.ts';
import { adamMetric, type FullHyperparameters, type OptimizerState } from './optimizers.ts';

/** sign(w) with sign(0) = 0; NaN stays NaN. */
const sign = Math.sign;

/** Soft threshold: sign(z) max(|z| - threshold, 0), the proximal map of threshold * |.|. NaN stays NaN. */
export const softThreshold = (z: number, threshold: number): number => sign(z) * Math.max(Math.abs(z) - threshold, 0);

/**
 * g + l2 w (rule 'coupled') + l1 sign(w) (rule 'subgradient'). The subgradient never gives exact zeros.
 * `weights` are those before any decay of this step.
 */
export function coupledGradient(gradient: ArrayLike<number>, weights: ArrayLike<number>, h: FullHyperparameters): Float64Array {
  const l2 = h.l2Rule === 'coupled' ? h.l2 : 0;
  const l1 = h.l1Rule === 'subgradient' ? h.l1 : 0;
  return map(gradient, (g, i) => g + l2 * weights[i]! + l1 * sign(weights[i]!));
}

/** Decoupled weight decay: w (1 - lr wd). Source: Loshchilov, Hutter, "Decoupled weight decay", ICLR 2019. */
export function decoupledDecay(weights: ArrayLike<number>, h: FullHyperparameters): Float64Array {
  const factor = 1 - h.learningRate * h.weightDecay;
  return map(weights, (w) => w * factor);
}

/**
 * k, elementwise: how far the optimizer at rest moves per unit of gradient and learning rate.
 * sgd: 1. momentum: (1 - tau) / (1 - mu). nesterov: 1 / (1 - mu). Adam: 1 / (sqrt(v / c2) + eps) with the new v.
 */
export function proximalMetric(length: number, state: OptimizerState, h: FullHyperparameters, t: number): Float64Array {
  const adaptive = h.optimizer === 'adam' || h.optimizer === 'adamw';
  if (adaptive) return adamMetric(state.v ?? new Float64Array(length), h, t).map((d) => 1 / d);
  const gain = h.optimizer === 'sgd' ? 1 : (1 - h.dampening) / (1 - h.momentum);
  return new Float64Array(length).fill(gain);
}

/**
 * The proximal map after the step: soft(w, lr l1 k) / (1 + lr l2 k), soft threshold first. With both this is the
 * elastic net (Zou, Hastie 2005); l2 takes part under rule 'proximal', l1 under 'proximal', or under 'decoupled' with
 * the plain threshold lr l1, which solves the stated problem for plain SGD only.
 * Where Adam never saw a gradient, k = 1 / eps: the weight becomes 0, as the exact lasso says.
 */
export function proximalStep(weights: ArrayLike<number>, state: OptimizerState, h: FullHyperparameters, t: number): Float64Array {
  const k = proximalMetric(weights.length, state, h, t);
  const l1 = h.l1Rule === 'subgradient' ? 0 : h.l1;
  const l2 = h.l2Rule === 'proximal' ? h.l2 : 0;
  return map(weights, (w, i) => {
    const threshold = h.learningRate * l1 * (h.l1Rule === 'decoupled' ? 1 : k[i]!);
    return softThreshold(w, threshold) / (1 + h.learningRate * l2 * k[i]!);
  });
}
