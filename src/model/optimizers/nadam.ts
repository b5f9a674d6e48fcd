import type { Schedule } from '../schedules/index.ts';
import { nadam as nadamRule } from '../rules/nadam.ts';
import { makeOptimizer, optionsOf, type CommonOptions, type Optimizer } from './optimizer.ts';

export interface NadamOptions extends CommonOptions {
  readonly learningRate?: Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly momentumDecay?: number;
}

/**
 * NAdam (Dozat 2016, in PyTorch's form): Adam with Nesterov momentum and a momentum schedule:
 *   mu_t = beta1 (1 - 0.5 * 0.96^(t * momentumDecay)), P_t = mu_1 ... mu_t;  m, v and D as in `adam`
 *   w -= learningRate * ((1 - mu_t) / (1 - P_t) * g + mu_{t+1} / (1 - P_{t+1}) * m) / D
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | `lr` 2e-3, `betas` 0.9 and 0.999, `eps` 1e-8, `momentum_decay` 4e-3 | nothing |
 * | Keras | `learning_rate` 1e-3, 0.9, 0.999, `epsilon` 1e-7 | momentumDecay is 1: its momentum rises 250 times faster |
 * | optax | 0.9, 0.999, `eps` 1e-8 | no schedule: beta1 m / (1 - beta1^(t+1)) + (1 - beta1) g / (1 - beta1^t) |
 *
 * State: m and v, two f32 per parameter; 28 bytes per parameter and step.
 * Source: torch/optim/nadam.py; Dozat, ICLR 2016 workshop.
 *
 * @param options.learningRate default 2e-3; may be a schedule
 * @param options.beta1 in [0, 1), default 0.9
 * @param options.beta2 in [0, 1), default 0.999
 * @param options.epsilon default 1e-8, at least 2^-126
 * @param options.momentumDecay default 4e-3
 * @throws InputError
 */
export function nadam(options: NadamOptions = {}): Optimizer {
  const { learningRate = 2e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, momentumDecay = 4e-3 } = optionsOf('nadam', nadamRule, options);
  return makeOptimizer('nadam', nadamRule, { learningRate, beta1, beta2, epsilon, momentumDecay }, options);
}
