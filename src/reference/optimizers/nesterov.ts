import { mapped } from '../mapped.ts';
import { firstMoment, ones } from './helpers.ts';
import type { OptimizerRule } from './types.ts';

/**
 * Nesterov's accelerated gradient, in the form that needs the gradient at w only.
 *
 *     m = mu m + g
 *     w = w - lr (g + mu m)        with the new m
 *
 * At rest g + mu m = g / (1 - mu): metric D = 1, gain k = 1 / (1 - mu).
 *
 * | | PyTorch | Keras | optax |
 * | --- | --- | --- | --- |
 * | formula | this; dampening must be 0 | m = mu m - lr g; w = w + mu m - lr g: equal at a constant rate | this |
 *
 * State: `momentum`. 20 bytes per parameter and update in f32.
 * Source: Nesterov 1983; Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum", ICML 2013.
 */
export const nesterov: OptimizerRule = {
  name: 'nesterov',
  slots: ['momentum'],
  defaults: {},
  gain: (h) => 1 / (1 - h.momentum),
  coefficients: (h) => ({ stepSize: h.learningRate, momentum: h.momentum, gradientWeight: 1 }),
  step(weights, gradient, state, c) {
    const m = firstMoment(state.momentum!, gradient, c);
    const next = mapped(weights, (w, i) => w - c.stepSize * (gradient[i]! + c.momentum * m[i]!));
    return { weights: next, state: { momentum: m }, metric: ones(m.length) };
  },
};
