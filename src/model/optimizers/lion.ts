import type { Schedule } from '../schedules/index.ts';
import { lion as lionRule } from '../rules/lion.ts';
import { makeOptimizer, optionsOf, type CommonOptions, type Optimizer } from './optimizer.ts';

export interface LionOptions extends CommonOptions {
  readonly learningRate?: Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
}

/**
 * Lion (Chen et al. 2023, algorithm 2):
 *   c = beta1 m + (1 - beta1) g;  w -= learningRate * sign(c);  m = beta2 m + (1 - beta2) g
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | not there |  |
 * | Keras | `learning_rate` 1e-3, 0.9, 0.99 | defaults only |
 * | optax | 0.9, 0.99, `weight_decay` 1e-3 | its decay is on by default; as in the paper and here it is multiplied by the learning rate |
 *
 * Proximal penalties act in the metric |c|, since the step is c / |c|.
 * State: m, one f32 per parameter; 20 bytes per parameter and step.
 * Source: Chen et al., arXiv 2302.06675.
 *
 * @param options.learningRate default 1e-4; may be a schedule
 * @param options.beta1 in [0, 1), default 0.9
 * @param options.beta2 in [0, 1), default 0.99
 * @throws InputError
 */
export function lion(options: LionOptions = {}): Optimizer {
  const { learningRate = 1e-4, beta1 = 0.9, beta2 = 0.99 } = optionsOf('lion', lionRule, options);
  return makeOptimizer('lion', lionRule, { learningRate, beta1, beta2 }, options);
}
