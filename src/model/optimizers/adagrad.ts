import { InputError } from '../../errors.ts';
import { rangeOf, type Schedule } from '../schedules/index.ts';
import { adagrad as adagradRule } from '../rules/adagrad.ts';
import { makeOptimizer, optionsOf, type CommonOptions, type Optimizer } from './optimizer.ts';

export interface AdagradOptions extends CommonOptions {
  readonly learningRate?: Schedule;
  readonly learningRateDecay?: number;
  readonly epsilon?: number;
  readonly epsilonRoot?: number;
  readonly initialAccumulator?: number;
}

/**
 * Adagrad (Duchi, Hazan and Singer 2011, in PyTorch's form):
 *   s = s + g^2;  D = sqrt(s + epsilonRoot) + epsilon
 *   w -= learningRate / (1 + (t - 1) * learningRateDecay) * g / D
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | `lr` 0.01, `eps` 1e-10, `initial_accumulator_value` 0, `lr_decay` 0 | nothing |
 * | Keras | `learning_rate` 1e-3, `initial_accumulator_value` 0.1, `epsilon` 1e-7 | its epsilon is inside the root: epsilonRoot 1e-7, epsilon 0 |
 * | optax | `initial_accumulator_value` 0.1, `eps` 1e-7 | as Keras, and no step where s is 0 |
 *
 * State: s (`sum`), one f32 per parameter; 20 bytes per parameter and step.
 * Source: torch/optim/adagrad.py; Duchi, Hazan and Singer, JMLR 12 (2011).
 *
 * @param options.learningRate default 1e-2; may be a schedule
 * @param options.learningRateDecay default 0
 * @param options.epsilon outside the root, default 1e-10
 * @param options.epsilonRoot inside the root, default 0
 * @param options.initialAccumulator s before the first step, default 0. One of the last three must be above 0.
 * @throws InputError
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const { learningRate = 1e-2, learningRateDecay = 0, epsilon = 1e-10, epsilonRoot = 0, initialAccumulator = 0 } = optionsOf('adagrad', adagradRule, options);
  const values = { learningRate, learningRateDecay, epsilon, epsilonRoot, initialAccumulator };
  const made = makeOptimizer('adagrad', adagradRule, values, options);
  if ([epsilon, epsilonRoot, initialAccumulator].every((value) => rangeOf(value)[1] === 0)) {
    throw new InputError('adagrad: epsilon, epsilonRoot and initialAccumulator are all 0, which makes 0 / 0 where a gradient is 0.');
  }
  return made;
}
