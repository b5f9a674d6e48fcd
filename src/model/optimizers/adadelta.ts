import type { Schedule } from '../schedules/index.ts';
import { adadelta as adadeltaRule } from '../rules/adadelta.ts';
import { makeOptimizer, optionsOf, type CommonOptions, type Optimizer } from './optimizer.ts';

export interface AdadeltaOptions extends CommonOptions {
  readonly learningRate?: Schedule;
  readonly rho?: Schedule;
  readonly epsilon?: number;
}

/**
 * Adadelta (Zeiler 2012, in PyTorch's form):
 *   v = rho v + (1 - rho) g^2;  d = g * sqrt(x + epsilon) / sqrt(v + epsilon);  x = rho x + (1 - rho) d^2
 *   w -= learningRate * d
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | `lr` 1, `rho` 0.9, `eps` 1e-6 | nothing |
 * | Keras | `learning_rate` 1e-3, `rho` 0.95, `epsilon` 1e-7 | defaults only |
 * | optax | `rho` 0.9, `eps` 1e-6 | nothing |
 *
 * State: v and x (`delta`), two f32 per parameter; 28 bytes per parameter and step.
 * Source: torch/optim/adadelta.py; Zeiler, arXiv 1212.5701, algorithm 1.
 *
 * @param options.learningRate default 1; may be a schedule
 * @param options.rho in [0, 1), default 0.9
 * @param options.epsilon inside both roots, default 1e-6, at least 2^-126
 * @throws InputError
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  const { learningRate = 1, rho = 0.9, epsilon = 1e-6 } = optionsOf('adadelta', adadeltaRule, options);
  return makeOptimizer('adadelta', adadeltaRule, { learningRate, rho, epsilon }, options);
}
