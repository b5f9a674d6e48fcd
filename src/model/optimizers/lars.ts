import type { Schedule } from '../schedules/index.ts';
import { lars as larsRule } from '../rules/lars.ts';
import { makeOptimizer, optionsOf, type CommonOptions, type Optimizer } from './optimizer.ts';

export interface LarsOptions extends CommonOptions {
  readonly learningRate: Schedule;
  readonly momentum?: Schedule;
  readonly trustCoefficient?: number;
  readonly epsilon?: number;
}

/**
 * LARS (You, Gitman and Ginsburg 2017):
 *   ratio = trustCoefficient |w| / (|g| + weightDecay |w| + epsilon), norms over the tensor, 1 where one of them is 0
 *   m = momentum * m + learningRate * ratio * (g + weightDecay * w);  w -= m
 *
 * Biases have ratio 1 and no decay.
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | not there |  |
 * | Keras | not there |  |
 * | optax | `momentum` 0.9, `trust_coefficient` 1e-3, `weight_decay` 0 | the norm of the sum g + weightDecay w in the divisor; biases as weights unless masked |
 *
 * State: m (`momentum`), one f32 per parameter. The norms take a dispatch of their own: 32 bytes per parameter and step.
 * Source: You, Gitman and Ginsburg, arXiv 1708.03888, algorithm 1.
 *
 * @param options.learningRate 0 or more; may be a schedule
 * @param options.momentum in [0, 1), default 0.9
 * @param options.trustCoefficient above 0, default 1e-3
 * @param options.epsilon default 1e-8
 * @param options.weightDecay inside the ratio, default 0
 * @throws InputError
 */
export function lars(options: LarsOptions): Optimizer {
  const { learningRate, momentum = 0.9, trustCoefficient = 1e-3, epsilon = 1e-8 } = optionsOf('lars', larsRule, options);
  return makeOptimizer('lars', larsRule, { learningRate, momentum, trustCoefficient, epsilon }, options);
}
