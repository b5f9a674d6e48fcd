import { mapped } from '../mapped.ts';
import { averageSquare, slowAverage } from './helpers.ts';
import type { OptimizerRule, RuleName } from './types.ts';

/**
 * RMSProp, plain, centered, with momentum, or both.
 *
 *     v = alpha v + (1 - alpha) g^2
 *     centered: mean = alpha mean + (1 - alpha) g;  variance = max(v - mean^2, 0), else variance = v
 *     D = sqrt(variance + epsilonRoot) + epsilon
 *     w = w - lr g / D
 *     with momentum: m = mu m + g / D;  w = w - lr m
 *
 * Metric D, gain k = 1, with momentum 1 / (1 - mu).
 *
 * | | PyTorch | Keras | optax |
 * | --- | --- | --- | --- |
 * | D | sqrt(v) + epsilon; centered without the max, so it may be NaN | sqrt(v + epsilon): epsilonRoot | as Keras |
 * | alpha | 0.99 | 0.9 (rho) | 0.9 (decay) |
 * | learning rate, epsilon | 1e-2, 1e-8 | 1e-3, 1e-7 | -, 1e-8 |
 * | momentum | this | lr inside m | this |
 *
 * State: `v`, `mean` if centered, `momentum` if any: 20, 28 or 36 bytes per parameter and update in f32.
 * Source: Tieleman, Hinton, Coursera lecture 6.5 (2012); centered: Graves, arXiv 1308.0850.
 */
function rms(name: RuleName, centered: boolean, hasMomentum: boolean): OptimizerRule {
  return {
    name,
    slots: ['v', ...(centered ? ['mean'] : []), ...(hasMomentum ? ['momentum'] : [])],
    defaults: { alpha: 0.99, epsilon: 1e-8 },
    gain: (h) => (hasMomentum ? 1 / (1 - h.momentum) : 1),
    coefficients: (h) => ({
      stepSize: h.learningRate, beta2: h.alpha, oneMinusBeta2: 1 - h.alpha, epsilon: h.epsilon, epsilonRoot: h.epsilonRoot,
      ...(hasMomentum && { momentum: h.momentum }),
    }),
    step(weights, gradient, state, c) {
      const v = averageSquare(state.v!, gradient, c);
      const mean = centered ? slowAverage(state.mean!, gradient, c) : undefined;
      const metric = v.map((second, i) =>
        Math.sqrt((mean ? Math.max(second - mean[i]! * mean[i]!, 0) : second) + c.epsilonRoot) + c.epsilon);
      const direction = mapped(gradient, (g, i) => (hasMomentum ? c.momentum * state.momentum![i]! : 0) + g / metric[i]!);
      return {
        weights: mapped(weights, (w, i) => w - c.stepSize * direction[i]!),
        state: { v, ...(mean && { mean }), ...(hasMomentum && { momentum: direction }) },
        metric,
      };
    },
  };
}

export const rmsprop = rms('rmsprop', false, false);
export const rmspropCentered = rms('rmspropCentered', true, false);
export const rmspropMomentum = rms('rmspropMomentum', false, true);
export const rmspropCenteredMomentum = rms('rmspropCenteredMomentum', true, true);
