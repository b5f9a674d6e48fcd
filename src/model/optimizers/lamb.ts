import type { Schedule } from '../schedules/index.ts';
import { lamb as lambRule } from '../rules/lamb.ts';
import { makeOptimizer, optionsOf, type CommonOptions, type Optimizer } from './optimizer.ts';

export interface LambOptions extends CommonOptions {
  readonly learningRate?: Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/**
 * LAMB (You et al. 2020):
 *   m and v as in `adam`;  u = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon) + weightDecay * w
 *   w -= learningRate * |w| / |u| * u, norms over the tensor, ratio 1 where one of them is 0
 *
 * Biases have ratio 1 and no decay.
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | not there |  |
 * | Keras | `learning_rate` 1e-3, 0.9, 0.999, `epsilon` 1e-7 | decay before and outside the ratio; biases as weights |
 * | optax | 0.9, 0.999, `eps` 1e-6, `weight_decay` 0 | biases as weights |
 * | Apex | `weight_decay` 0.01, `eps` 1e-6 | clips the global norm to 1 first; the ratio only where there is decay |
 *
 * State: m and v, two f32 per parameter. The norms take a dispatch of their own: 44 bytes per parameter and step.
 * Source: You et al., arXiv 1904.00962, algorithm 2; optax.
 *
 * @param options.learningRate default 1e-3; may be a schedule
 * @param options.beta1 in [0, 1), default 0.9
 * @param options.beta2 in [0, 1), default 0.999
 * @param options.epsilon default 1e-6, at least 2^-126
 * @param options.weightDecay inside the ratio, default 0
 * @throws InputError
 */
export function lamb(options: LambOptions = {}): Optimizer {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-6 } = optionsOf('lamb', lambRule, options);
  return makeOptimizer('lamb', lambRule, { learningRate, beta1, beta2, epsilon }, options);
}
