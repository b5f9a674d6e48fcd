import { mapped } from '../mapped.ts';
import { averageSquare } from './helpers.ts';
import type { OptimizerRule } from './types.ts';

/**
 * Adadelta: steps in the units of the weights.
 *
 *     v = rho v + (1 - rho) g^2
 *     D = sqrt(v + epsilon) / sqrt(x + epsilon)        with the old x
 *     x = rho x + (1 - rho) (g / D)^2
 *     w = w - lr g / D
 *
 * Metric D, gain k = 1.
 *
 * | | PyTorch | Keras | optax |
 * | --- | --- | --- | --- |
 * | learning rate, rho, epsilon | 1, 0.9, 1e-6 | 1e-3, 0.95, 1e-7 | -, 0.9, 1e-6 |
 *
 * State: `v`, `delta` (x). 28 bytes per parameter and update in f32.
 * Source: Zeiler, "ADADELTA: an adaptive learning rate method", arXiv 1212.5701.
 */
export const adadelta: OptimizerRule = {
  name: 'adadelta',
  slots: ['v', 'delta'],
  defaults: { rho: 0.9, epsilon: 1e-6 },
  coefficients: (h) => ({ stepSize: h.learningRate, beta2: h.rho, oneMinusBeta2: 1 - h.rho, epsilon: h.epsilon }),
  step(weights, gradient, state, c) {
    const v = averageSquare(state.v!, gradient, c);
    const metric = v.map((second, i) => Math.sqrt(second + c.epsilon) / Math.sqrt(state.delta![i]! + c.epsilon));
    const direction = mapped(gradient, (g, i) => g / metric[i]!);
    const delta = averageSquare(state.delta!, direction, c);
    return { weights: mapped(weights, (w, i) => w - c.stepSize * direction[i]!), state: { v, delta }, metric };
  },
};
