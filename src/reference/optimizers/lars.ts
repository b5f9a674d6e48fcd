import { mapped } from '../mapped.ts';
import type { OptimizerRule } from './types.ts';

/**
 * LARS: momentum with a rate per tensor.
 *
 *     ratio = eta |w| / (|g| + weightDecay |w| + epsilon) over the tensor, 1 if |w| or |g| is 0 or trustRatio is false
 *     m = mu m + lr ratio (g + weightDecay w)
 *     w = w - m
 *
 * Without trustRatio (biases) there is no decay either. Metric D = 1 / ratio, gain k = 1 / (1 - mu).
 *
 * | | optax | the paper |
 * | --- | --- | --- |
 * | ratio | eta |w| / |g + weightDecay w| | this, epsilon 0 |
 * | eta | 1e-3 | 1e-3 |
 *
 * PyTorch and Keras have none. State: `momentum`. 20 bytes per parameter and update in f32, and 8 for the norms.
 * Source: You, Gitman, Ginsburg, "Large batch training of convolutional networks", arXiv 1708.03888.
 */
export const lars: OptimizerRule = {
  name: 'lars',
  slots: ['momentum'],
  defaults: { momentum: 0.9, trustCoefficient: 1e-3, epsilon: 1e-8 },
  gain: (h) => 1 / (1 - h.momentum),
  ownDecay: true,
  coefficients: (h) => ({
    stepSize: h.learningRate, coefficient: h.trustRatio ? h.trustCoefficient : 0, momentum: h.momentum, epsilon: h.epsilon,
  }),
  trust: {
    vector: (_weights, gradient) => gradient,
    ratio: (c, length, slope) => (c.coefficient * length) / (slope + c.decay * length + c.epsilon),
  },
  step(weights, gradient, state, { stepSize, coefficient: ratio, momentum, decay }) {
    const m = mapped(gradient, (g, i) => momentum * state.momentum![i]! + stepSize * ratio * (g + decay * weights[i]!));
    return {
      weights: mapped(weights, (w, i) => w - m[i]!), state: { momentum: m },
      metric: new Float64Array(m.length).fill(1 / ratio),
    };
  },
};
