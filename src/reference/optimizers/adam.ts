import { mapped } from '../mapped.ts';
import { adamMetric, betas, biasCorrected, epsilonAt, moments } from './helpers.ts';
import type { OptimizerRule } from './types.ts';

/**
 * Adam; with weight decay, AdamW.
 *
 *     m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
 *     D = sqrt(v / (1 - beta2^t) + epsilonRoot) + epsilon
 *     w = w - lr / (1 - beta1^t) m / D
 *
 * AdamW (`optimizer: 'adamw'`): w = w (1 - lr weightDecay) first, as `update` does under every optimizer.
 * Metric D, gain k = 1.
 *
 * | | PyTorch | Keras | optax |
 * | --- | --- | --- | --- |
 * | epsilon | outside, 1e-8 | divided by sqrt(1 - beta2^t), 1e-7: epsilonHat | outside, 1e-8, and eps_root inside |
 * | AdamW's decay | 1e-2, times lr | 4e-3, times lr | 1e-4, times lr (the paper: times the schedule only) |
 *
 * State: `m`, `v`. 28 bytes per parameter and update in f32.
 * Source: Kingma, Ba, "Adam", ICLR 2015; Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019.
 */
export const adam: OptimizerRule = {
  name: 'adam',
  slots: ['m', 'v'],
  defaults: {},
  coefficients: (h, t) => ({ stepSize: h.learningRate, ...betas(h), epsilon: epsilonAt(h, t), epsilonRoot: h.epsilonRoot }),
  corrected: biasCorrected,
  step(weights, gradient, state, c) {
    const { m, v } = moments(state, gradient, c);
    const metric = adamMetric(v, c);
    return { weights: mapped(weights, (w, i) => w - c.stepSize * (m[i]! / metric[i]!)), state: { m, v }, metric };
  },
};
