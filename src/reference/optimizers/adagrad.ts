import { mapped } from '../mapped.ts';
import { scaled } from './helpers.ts';
import type { OptimizerRule } from './types.ts';

/**
 * Adagrad: rates that fall with the squares seen so far.
 *
 *     s = s + g^2
 *     D = sqrt(s + epsilonRoot) + epsilon
 *     w = w - lr / (1 + (t - 1) d) g / D        no step where D = 0
 *
 * Metric D, gain k = 1 / (1 + (t - 1) d).
 *
 * | | PyTorch | Keras | optax |
 * | --- | --- | --- | --- |
 * | D | sqrt(s) + epsilon | sqrt(s + epsilon): epsilonRoot 1e-7, epsilon 0 | as Keras |
 * | s before the first update | 0 | 0.1 | 0.1 |
 * | learning rate, epsilon | 1e-2, 1e-10 | 1e-3, 1e-7 | -, 1e-7 |
 *
 * State: `sum` (s). 20 bytes per parameter and update in f32.
 * Source: Duchi, Hazan, Singer, "Adaptive subgradient methods", JMLR 12 (2011).
 */
export const adagrad: OptimizerRule = {
  name: 'adagrad',
  slots: ['sum'],
  defaults: { epsilon: 1e-10 },
  gain: (h, t) => 1 / (1 + (t - 1) * h.learningRateDecay),
  coefficients: (h, t) => ({
    stepSize: h.learningRate / (1 + (t - 1) * h.learningRateDecay), epsilon: h.epsilon, epsilonRoot: h.epsilonRoot,
  }),
  initial: (weights, h) => ({ sum: new Float64Array(weights.length).fill(h.initialAccumulator) }),
  step(weights, gradient, state, { stepSize, epsilon, epsilonRoot }) {
    const sum = mapped(gradient, (g, i) => state.sum![i]! + g * g);
    const metric = sum.map((s) => Math.sqrt(s + epsilonRoot) + epsilon);
    return { weights: mapped(weights, (w, i) => w - stepSize * scaled(gradient[i]!, metric[i]!)), state: { sum }, metric };
  },
};
