import { map } from '../map.ts';
import { adamMetric, average, averageSquare, norm } from './helpers.ts';
import type { OptimizerRule } from './types.ts';

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
  step(weights, gradient, state, h, t) {
    const m = average(state.m!, h.beta1, gradient);
    const v = averageSquare(state.v!, h.beta2, gradient);
    const metric = adamMetric(v, { ...h, epsilonRoot: 0, epsilonHat: false }, t);
    const c1 = 1 - h.beta1 ** t, decay = h.trustRatio ? h.weightDecay : 0;
    const direction = map(weights, (w, i) => m[i]! / c1 / metric[i]! + decay * w);
    const length = norm(weights), stepLength = norm(direction);
    const ratio = h.trustRatio && length > 0 && stepLength > 0 ? length / stepLength : 1;
    return {
      weights: map(weights, (w, i) => w - h.learningRate * ratio * direction[i]!),
      state: { m, v },
      metric: metric.map((d) => d / ratio),
    };
  },
};
