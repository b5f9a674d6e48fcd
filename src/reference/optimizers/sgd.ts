import { mapped } from '../mapped.ts';
import { ones } from './helpers.ts';
import type { OptimizerRule } from './types.ts';

/**
 * Gradient descent.
 *
 *     w = w - lr g
 *
 * Metric D = 1, gain k = 1.
 *
 * | | PyTorch | Keras | optax |
 * | --- | --- | --- | --- |
 * | name | SGD | SGD | sgd |
 * | learning rate | 1e-3 | 1e-2 | - |
 *
 * State: none. 12 bytes per parameter and update in f32 (w read, g read, w written).
 * Source: Robbins, Monro, "A stochastic approximation method", Annals of Mathematical Statistics 22 (1951).
 */
export const sgd: OptimizerRule = {
  name: 'sgd',
  slots: [],
  defaults: {},
  coefficients: ({ learningRate }) => ({ stepSize: learningRate }),
  step: (weights, gradient, _state, { stepSize }) => ({
    weights: mapped(weights, (w, i) => w - stepSize * gradient[i]!), state: {}, metric: ones(weights.length),
  }),
};
