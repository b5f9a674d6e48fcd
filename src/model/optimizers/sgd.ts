import { InputError } from '../../errors.ts';
import { demandBoolean } from '../../options.ts';
import { rangeOf, type Schedule } from '../schedules/index.ts';
import { momentum as momentumRule, nesterov as nesterovRule, sgd as sgdRule } from '../rules/sgd.ts';
import { makeOptimizer, optionsOf, type CommonOptions, type Optimizer } from './optimizer.ts';

export interface SgdOptions extends CommonOptions {
  readonly learningRate: Schedule;
  readonly momentum?: Schedule;
  readonly nesterov?: boolean;
  readonly dampening?: number;
}

/**
 * Stochastic gradient descent, with momentum if asked for (Sutskever et al. 2013, in PyTorch's form):
 *   plain: w -= learningRate * g
 *   momentum: m = momentum * m + (1 - dampening) * g, at the first step m = g;  w -= learningRate * m
 *   Nesterov: the same m;  w -= learningRate * (g + momentum * m)
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | `lr` 1e-3, `momentum` 0 | nothing |
 * | Keras | `learning_rate` 0.01, `momentum` 0 | m = momentum m - learningRate g, w += m: the same while the learning rate is constant; no dampening |
 * | optax | `momentum` None | no dampening |
 *
 * State: none, or with momentum m, one f32 per parameter; 12 bytes per parameter and step, with momentum 20.
 * Source: torch/optim/sgd.py; Sutskever, Martens, Dahl and Hinton, ICML 2013.
 *
 * @param options.learningRate 0 or more; may be a schedule
 * @param options.momentum in [0, 1), default 0 (then no state is kept); may be a schedule
 * @param options.nesterov default false; needs momentum above 0 and dampening 0
 * @param options.dampening in [0, 1), default 0
 * @param options.weightDecay decoupled, multiplied by the learning rate; default 0. With momentum mu its fixed point
 *   is that of l2(weightDecay * (1 - mu)).
 * @throws InputError
 */
export function sgd(options: SgdOptions): Optimizer {
  const { learningRate, momentum = 0, nesterov = false, dampening = 0 } = optionsOf('sgd', momentumRule, options, ['nesterov']);
  makeOptimizer('sgd', momentumRule, { learningRate, momentum, dampening }, options);
  demandBoolean('sgd: nesterov', nesterov);
  const hasMomentum = rangeOf(momentum)[1] > 0;
  if (nesterov && !(hasMomentum && dampening === 0)) {
    throw new InputError('sgd: nesterov needs momentum above 0 and dampening 0.');
  }
  if (nesterov) return makeOptimizer('sgd', nesterovRule, { learningRate, momentum }, options);
  return hasMomentum
    ? makeOptimizer('sgd', momentumRule, { learningRate, momentum, dampening }, options)
    : makeOptimizer('sgd', sgdRule, { learningRate }, options);
}
