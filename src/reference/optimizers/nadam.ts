import { mapped } from '../mapped.ts';
import { adamMetric, betas, biasCorrected, moments } from './helpers.ts';
import type { FullHyperparameters, OptimizerRule } from './types.ts';

type Schedule = Pick<FullHyperparameters, 'beta1' | 'momentumDecay'>;

const mu = ({ beta1, momentumDecay }: Schedule, t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));

/** What the step takes of g and of m, without the learning rate. */
function weightsOf(h: Schedule, t: number): { ofGradient: number; ofMoment: number } {
  let product = 1;
  // Below 2^-60 the product is lost in 1 - product.
  for (let i = 1; i <= t && product > 2 ** -60; i++) product *= mu(h, i);
  const next = mu(h, t + 1);
  return { ofGradient: (1 - mu(h, t)) / (1 - product), ofMoment: next / (1 - product * next) };
}

/**
 * NAdam: Adam with Nesterov's momentum and a momentum that warms up.
 *
 *     m, v and D as Adam;  mu_t = beta1 (1 - 0.96^(t momentumDecay) / 2);  P_t = mu_1 ... mu_t
 *     w = w - lr ((1 - mu_t) / (1 - P_t) g + mu_{t+1} / (1 - P_{t+1}) m) / D
 *
 * Metric D, gain k = (1 - mu_t) / (1 - P_t) + mu_{t+1} / (1 - P_{t+1}).
 *
 * | | PyTorch | Keras | optax |
 * | --- | --- | --- | --- |
 * | mu_t | this, momentumDecay 4e-3 | momentumDecay 1 | beta1 at every t |
 * | learning rate, epsilon | 2e-3, 1e-8 | 1e-3, 1e-7 | -, 1e-8 |
 *
 * State: `m`, `v`. 28 bytes per parameter and update in f32.
 * Source: Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016.
 */
export const nadam: OptimizerRule = {
  name: 'nadam',
  slots: ['m', 'v'],
  defaults: { momentumDecay: 4e-3 },
  gain(h, t) {
    const { ofGradient, ofMoment } = weightsOf(h, t);
    return ofGradient + ofMoment;
  },
  coefficients(h, t) {
    const { ofGradient, ofMoment } = weightsOf(h, t);
    return { stepSize: h.learningRate * ofGradient, coefficient: h.learningRate * ofMoment, ...betas(h), epsilon: h.epsilon };
  },
  corrected: (c, t) => ({ ...biasCorrected(c, t), stepSize: c.stepSize }),
  step(weights, gradient, state, c) {
    const { m, v } = moments(state, gradient, c);
    const metric = adamMetric(v, c);
    const next = mapped(weights, (w, i) => w - (c.stepSize * gradient[i]! + c.coefficient * m[i]!) / metric[i]!);
    return { weights: next, state: { m, v }, metric };
  },
};
