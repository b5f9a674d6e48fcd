import { mapped } from '../mapped.ts';
import { betas, biasCorrected, firstMoment } from './helpers.ts';
import type { OptimizerRule } from './types.ts';

/**
 * Adamax: Adam with the infinity norm.
 *
 *     m = beta1 m + (1 - beta1) g;  u = max(beta2 u, |g| + epsilon)
 *     w = w - lr / (1 - beta1^t) m / u
 *
 * Metric D = u, gain k = 1.
 *
 * | | PyTorch | Keras | optax |
 * | --- | --- | --- | --- |
 * | epsilon | inside the maximum, 1e-8 | u = max(beta2 u, |g|), divided by u + 1e-7 | as PyTorch |
 * | learning rate | 2e-3 | 1e-3 | - |
 *
 * State: `m`, `u`. 28 bytes per parameter and update in f32.
 * Source: Kingma, Ba, "Adam", ICLR 2015, section 7.
 */
export const adamax: OptimizerRule = {
  name: 'adamax',
  slots: ['m', 'u'],
  defaults: { epsilon: 1e-8 },
  coefficients: (h) => ({ stepSize: h.learningRate, ...betas(h), epsilon: h.epsilon }),
  corrected: biasCorrected,
  step(weights, gradient, state, c) {
    const m = firstMoment(state.m!, gradient, c);
    const u = mapped(gradient, (g, i) => Math.max(c.beta2 * state.u![i]!, Math.abs(g) + c.epsilon));
    return { weights: mapped(weights, (w, i) => w - c.stepSize * (m[i]! / u[i]!)), state: { m, u }, metric: u };
  },
};
