import { map } from '../map.ts';
import { adamMetric, average, averageSquare } from './helpers.ts';
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
  step(weights, gradient, state, h, t) {
    const m = average(state.m!, h.beta1, gradient);
    const v = averageSquare(state.v!, h.beta2, gradient);
    const vmax = v.map((second, i) => Math.max(second, state.vmax![i]!));
    const metric = adamMetric(vmax, h, t);
    const stepSize = h.learningRate / (1 - h.beta1 ** t);
    return { weights: map(weights, (w, i) => w - stepSize * (m[i]! / metric[i]!)), state: { m, v, vmax }, metric };
  },
};
