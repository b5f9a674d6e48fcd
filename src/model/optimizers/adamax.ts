import type { Schedule } from '../schedules/index.ts';
import { adamax as adamaxRule } from '../rules/adamax.ts';
import { makeOptimizer, optionsOf, type CommonOptions, type Optimizer } from './optimizer.ts';

export interface AdamaxOptions extends CommonOptions {
  readonly learningRate?: Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/**
 * Adamax (Kingma and Ba 2015, section 7.1, in PyTorch's form):
 *   m = beta1 m + (1 - beta1) g;  u = max(beta2 u, |g| + epsilon);  w -= learningRate / (1 - beta1^t) * m / u
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | `lr` 2e-3, `betas` 0.9 and 0.999, `eps` 1e-8 | nothing |
 * | Keras | `learning_rate` 1e-3, 0.9, 0.999, `epsilon` 1e-7 | u = max(beta2 u, abs g); divides by u + epsilon |
 * | optax | 0.9, 0.999, `eps` 1e-8 | nothing |
 *
 * State: m and u, two f32 per parameter; 28 bytes per parameter and step.
 * Source: torch/optim/adamax.py; Kingma and Ba, arXiv 1412.6980, algorithm 2.
 *
 * @param options.learningRate default 2e-3; may be a schedule
 * @param options.beta1 in [0, 1), default 0.9
 * @param options.beta2 in [0, 1), default 0.999
 * @param options.epsilon default 1e-8, at least 2^-126
 * @throws InputError
 */
export function adamax(options: AdamaxOptions = {}): Optimizer {
  const { learningRate = 2e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = optionsOf('adamax', adamaxRule, options);
  return makeOptimizer('adamax', adamaxRule, { learningRate, beta1, beta2, epsilon }, options);
}
