import { mapped } from '../mapped.ts';
import { adamMetric, betas, biasCorrected, epsilonAt, moments } from './helpers.ts';
import type { OptimizerRule } from './types.ts';

/**
 * AMSGrad: Adam whose metric never falls but for the bias correction.
 *
 *     m, v as Adam;  vmax = max(vmax, v)        the maximum of the raw v
 *     D = sqrt(vmax / (1 - beta2^t) + epsilonRoot) + epsilon
 *     w = w - lr / (1 - beta1^t) m / D
 *
 * Metric D, gain k = 1.
 *
 * | | PyTorch | Keras | optax |
 * | --- | --- | --- | --- |
 * | maximum of | v | v | v / (1 - beta2^t): another rule |
 * | epsilon | outside, 1e-8 | 1e-7: epsilonHat | outside, 1e-8 |
 *
 * State: `m`, `v`, `vmax`. 36 bytes per parameter and update in f32.
 * Source: Reddi, Kale, Kumar, "On the convergence of Adam and beyond", ICLR 2018.
 */
export const amsgrad: OptimizerRule = {
  name: 'amsgrad',
  slots: ['m', 'v', 'vmax'],
  defaults: {},
  coefficients: (h, t) => ({ stepSize: h.learningRate, ...betas(h), epsilon: epsilonAt(h, t), epsilonRoot: h.epsilonRoot }),
  corrected: biasCorrected,
  step(weights, gradient, state, c) {
    const { m, v } = moments(state, gradient, c);
    const vmax = v.map((second, i) => Math.max(second, state.vmax![i]!));
    const metric = adamMetric(vmax, c);
    return { weights: mapped(weights, (w, i) => w - c.stepSize * (m[i]! / metric[i]!)), state: { m, v, vmax }, metric };
  },
};
