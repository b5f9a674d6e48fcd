import { checkOptions, demand } from '../../options.ts';
import { elasticNet } from '../regularizers.ts';
import type { Schedule } from '../schedules/index.ts';
import { adagrad } from './adagrad.ts';
import type { Optimizer } from './optimizer.ts';
import { sgd } from './sgd.ts';

export interface ProximalOptions {
  readonly learningRate: Schedule;
  readonly l1?: Schedule;
  readonly l2?: Schedule;
}

/**
 * Proximal gradient descent (ISTA; TensorFlow's ApplyProximalGradientDescent):
 *   w = soft(w - learningRate * g, learningRate * l1) / (1 + learningRate * l2)
 *
 * The same as `sgd` with `elasticNet` as its regularizer: the soft threshold first, then the division.
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | not there | its `weight_decay` is coupled |
 * | Keras | not there | TensorFlow's raw operation is this rule |
 * | optax | not there |  |
 *
 * State: none; 12 bytes per parameter and step.
 * Source: Beck and Teboulle, SIAM J. Imaging Sci. 2 (2009); TensorFlow's training_ops.cc.
 *
 * @param options.l1 default 0 @param options.l2 default 0
 * @throws InputError
 */
export function proximalSgd(options: ProximalOptions): Optimizer {
  const { learningRate, l1 = 0, l2 = 0 } = checkOptions('proximalSgd', options, ['learningRate', 'l1', 'l2']);
  return sgd({ learningRate, regularizers: [elasticNet({ l1, l2 })] });
}

/**
 * Proximal Adagrad (Duchi, Hazan and Singer 2011; TensorFlow's ApplyProximalAdagrad):
 *   s += g^2;  a = learningRate / sqrt(s);  w = soft(w - a g, a l1) / (1 + a l2)
 *
 * The same as `adagrad` without epsilon, with `elasticNet` as its regularizer.
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | not there |  |
 * | Keras | not there | TensorFlow's raw operation is this rule, with s from 0.1 |
 * | optax | not there |  |
 *
 * State: s (`sum`), one f32 per parameter; 20 bytes per parameter and step.
 * Source: Duchi, Hazan and Singer, JMLR 12 (2011), composite mirror descent; TensorFlow's training_ops.cc.
 *
 * @param options.l1 default 0 @param options.l2 default 0
 * @param options.initialAccumulator s before the first step, above 0, default 0.1
 * @throws InputError
 */
export function proximalAdagrad(options: ProximalOptions & { readonly initialAccumulator?: number }): Optimizer {
  const { learningRate, l1 = 0, l2 = 0, initialAccumulator = 0.1 } =
    checkOptions('proximalAdagrad', options, ['learningRate', 'l1', 'l2', 'initialAccumulator']);
  // Adagrad has a default, this rule has none.
  demand(learningRate !== undefined, 'proximalAdagrad: learningRate', 'a number or a schedule', learningRate);
  return adagrad({ learningRate, epsilon: 0, initialAccumulator, regularizers: [elasticNet({ l1, l2 })] });
}
