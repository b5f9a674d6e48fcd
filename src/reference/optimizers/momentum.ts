import { mapped } from '../mapped.ts';
import { firstMoment, ones } from './helpers.ts';
import type { OptimizerRule } from './types.ts';

/**
 * Heavy ball, with dampening tau.
 *
 *     m = mu m + (1 - tau) g, but m = g at the first update
 *     w = w - lr m
 *
 * At rest m = (1 - tau) / (1 - mu) g: metric D = 1, gain k = (1 - tau) / (1 - mu).
 *
 * | | PyTorch | Keras | optax |
 * | --- | --- | --- | --- |
 * | formula | this | m = mu m - lr g; w = w + m: old rates stay in m, equal at a constant rate | this, tau = 0 |
 * | mu, tau | 0, 0 | 0, - | -, - |
 *
 * State: `momentum`. 20 bytes per parameter and update in f32.
 * Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
 */
export const momentum: OptimizerRule = {
  name: 'momentum',
  slots: ['momentum'],
  defaults: {},
  gain: (h) => (1 - h.dampening) / (1 - h.momentum),
  coefficients: (h) => ({ stepSize: h.learningRate, momentum: h.momentum, gradientWeight: 1 - h.dampening }),
  corrected: (c, t) => (t === 1 ? { ...c, gradientWeight: 1 } : c),
  step(weights, gradient, state, c) {
    const m = firstMoment(state.momentum!, gradient, c);
    return { weights: mapped(weights, (w, i) => w - c.stepSize * m[i]!), state: { momentum: m }, metric: ones(m.length) };
  },
};
