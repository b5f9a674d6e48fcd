import { mapped } from '../mapped.ts';
import { adamMetric, betas, biasCorrected, moments } from './helpers.ts';
import type { Coefficients, OptimizerRule, OptimizerState } from './types.ts';

interface Direction {
  readonly state: { readonly m: Float64Array; readonly v: Float64Array };
  readonly metric: Float64Array;
  readonly direction: Float64Array;
}

/** u. The place of epsilonRoot, which lamb has not, holds 1 / (1 - beta1^t). */
function directionOf(weights: ArrayLike<number>, gradient: ArrayLike<number>, state: OptimizerState, c: Coefficients): Direction {
  const { m, v } = moments(state, gradient, c);
  const metric = adamMetric(v, { ...c, epsilonRoot: 0 });
  return { state: { m, v }, metric, direction: mapped(weights, (w, i) => (m[i]! * c.epsilonRoot) / metric[i]! + c.decay * w) };
}

/**
 * LAMB: Adam's direction, as long as the tensor itself.
 *
 *     m, v and D as Adam;  u = m / (1 - beta1^t) / D + weightDecay w
 *     ratio = |w| / |u| over the tensor, 1 if a norm is 0 or trustRatio is false
 *     w = w - lr ratio u
 *
 * Without trustRatio (biases) there is no decay either. Metric D / ratio, gain k = 1.
 *
 * | | Keras | optax | apex |
 * | --- | --- | --- | --- |
 * | decay | before and outside the ratio | this, 0 | this, 1e-2; ratio only where there is decay |
 * | epsilon | 1e-7 | 1e-6 | 1e-6, after clipping the global norm to 1 |
 *
 * PyTorch has none. State: `m`, `v`. 28 bytes per parameter and update in f32, and 16 for the norms.
 * Source: You et al., "Large batch optimization for deep learning", ICLR 2020.
 */
export const lamb: OptimizerRule = {
  name: 'lamb',
  slots: ['m', 'v'],
  defaults: { epsilon: 1e-6 },
  ownDecay: true,
  coefficients: (h) => ({
    stepSize: h.learningRate, coefficient: Number(h.trustRatio), ...betas(h), epsilon: h.epsilon, epsilonRoot: 1,
  }),
  corrected(c, t) {
    const { inverseC2, stepSize } = biasCorrected({ ...c, stepSize: 1 }, t);
    return { ...c, inverseC2, epsilonRoot: stepSize };
  },
  trust: {
    vector: (weights, gradient, state, c) => directionOf(weights, gradient, state, c).direction,
    ratio: (_c, length, stepLength) => length / stepLength,
  },
  step(weights, gradient, before, c) {
    const { state, metric, direction } = directionOf(weights, gradient, before, c);
    return {
      weights: mapped(weights, (w, i) => w - c.stepSize * c.coefficient * direction[i]!),
      state, metric: metric.map((d) => d / c.coefficient),
    };
  },
};
