import type { Schedule } from '../schedules/index.ts';
import { checkOptions } from '../../options.ts';
import { ftrl as ftrlRule } from '../rules/ftrl.ts';
import { makeOptimizer, type CommonOptions, type Optimizer } from './optimizer.ts';

export interface FtrlOptions extends Omit<CommonOptions, 'weightDecay'> {
  readonly learningRate: Schedule;
  readonly beta?: number;
  readonly initialAccumulator?: number;
}

/**
 * FTRL-proximal (McMahan et al. 2013), lr_t and lr_{t-1} the learning rates of this and the last update:
 *   n' = n + g^2;  z += g - ((beta + sqrt n') / lr_t - (beta + sqrt n) / lr_{t-1}) w
 *   w = -soft(z, l1) / ((beta + sqrt n') / lr_t + l2)
 *
 * The proximal `l1` and `l2` of its regularizers are the rule's own. z starts so that the first weights are the initial
 * ones; elsewhere it starts at 0, and so does w. Without penalties and with beta 0 this is Adagrad with epsilon 0.
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | not there |  |
 * | Keras | `learning_rate` 1e-3, `initial_accumulator_value` 0.1, `beta` 0 | 2 l2 in the divisor: its l2 is half of ours; beta / (2 learningRate) is added to it; `l2_shrinkage` |
 * | optax | not among its own optimizers |  |
 *
 * State: z and n, two f32 per parameter; 28 bytes per parameter and step.
 * Source: McMahan et al., KDD 2013, algorithm 1; TensorFlow's training_ops.cc.
 *
 * @param options.learningRate above 0; may be a schedule that stays above 0
 * @param options.beta default 0
 * @param options.initialAccumulator n before the first step, default 0.1
 * @throws InputError
 */
export function ftrl(options: FtrlOptions): Optimizer {
  const { learningRate, beta = 0, initialAccumulator = 0.1 } =
    checkOptions('ftrl', options, ['learningRate', 'beta', 'initialAccumulator', 'regularizers', 'clip']);
  return makeOptimizer('ftrl', ftrlRule, { learningRate, beta, initialAccumulator }, { ...options, weightDecay: 0 });
}
