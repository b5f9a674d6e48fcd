import { mapped } from '../mapped.ts';
import { betas, firstMoment, slowAverage } from './helpers.ts';
import type { OptimizerRule } from './types.ts';

/** The smallest normal f32, which keeps the metric above 0 on every device. */
const SMALLEST_NORMAL = 2 ** -126;

/**
 * Lion: the sign of an interpolated momentum.
 *
 *     c = beta1 m + (1 - beta1) g        with the old m
 *     w = w - lr sign(c)                 sign(0) = 0
 *     m = beta2 m + (1 - beta2) g
 *
 * The step is c / |c|: metric D = max(|c|, 2^-126), gain k = 1.
 *
 * | | PyTorch | Keras | optax |
 * | --- | --- | --- | --- |
 * | learning rate | (has no Lion) | 1e-3 | - |
 * | beta1, beta2 | | 0.9, 0.99 | 0.9, 0.99 |
 * | weight decay | | none | 1e-3, decoupled, times lr |
 *
 * State: `m`. 20 bytes per parameter and update in f32.
 * Source: Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023.
 */
export const lion: OptimizerRule = {
  name: 'lion',
  slots: ['m'],
  defaults: { beta2: 0.99 },
  coefficients: (h) => ({ stepSize: h.learningRate, ...betas(h) }),
  step(weights, gradient, state, c) {
    const mixed = firstMoment(state.m!, gradient, c);
    return {
      weights: mapped(weights, (w, i) => w - c.stepSize * Math.sign(mixed[i]!)),
      state: { m: slowAverage(state.m!, gradient, c) },
      metric: mixed.map((x) => Math.max(Math.abs(x), SMALLEST_NORMAL)),
    };
  },
};
