import { demandBoolean } from '../../options.ts';
import {
  rmsprop as rmspropRule, rmspropCentered as rmspropCenteredRule, rmspropCenteredMomentum as rmspropCenteredMomentumRule, rmspropMomentum as rmspropMomentumRule,
} from '../rules/rmsprop.ts';
import { rangeOf, type Schedule } from '../schedules/index.ts';
import { makeOptimizer, optionsOf, type CommonOptions, type Optimizer } from './optimizer.ts';

export interface RmspropOptions extends CommonOptions {
  readonly learningRate?: Schedule;
  readonly alpha?: Schedule;
  readonly epsilon?: number;
  readonly epsilonRoot?: number;
  readonly momentum?: Schedule;
  readonly centered?: boolean;
}

/**
 * RMSProp (Tieleman and Hinton 2012, in PyTorch's form; centered: Graves 2013):
 *   v = alpha v + (1 - alpha) g^2;  D = sqrt(v + epsilonRoot) + epsilon;  w -= learningRate * g / D
 *   momentum: m = momentum * m + g / D;  w -= learningRate * m
 *   centered: mean = alpha mean + (1 - alpha) g, and max(v - mean^2, 0) in place of v
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | `lr` 0.01, `alpha` 0.99, `eps` 1e-8 | its centered form does not stop at 0 and can become NaN |
 * | Keras | `learning_rate` 1e-3, `rho` 0.9, `epsilon` 1e-7 | `rho` is alpha; its epsilon is inside the root (epsilonRoot); the learning rate is inside m |
 * | optax | `decay` 0.9, `eps` 1e-8 | `decay` is alpha; eps is inside the root (epsilonRoot) unless `eps_in_sqrt=False` |
 *
 * State: v, mean if centered, m with momentum, one f32 each; 20, 28 or 36 bytes per parameter and step.
 * Source: torch/optim/rmsprop.py; Graves, arXiv 1308.0850, equations 38 to 41.
 *
 * @param options.learningRate default 1e-2; may be a schedule
 * @param options.alpha in [0, 1), default 0.99; may be a schedule
 * @param options.epsilon outside the root, default 1e-8, at least 2^-126
 * @param options.epsilonRoot inside the root, default 0
 * @param options.momentum in [0, 1), default 0 (then no buffer is kept); may be a schedule
 * @param options.centered default false
 * @throws InputError
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { learningRate = 1e-2, alpha = 0.99, epsilon = 1e-8, epsilonRoot = 0, momentum = 0, centered = false } =
    optionsOf('rmsprop', rmspropMomentumRule, options, ['centered']);
  const values = { learningRate, alpha, epsilon, epsilonRoot };
  const checked = makeOptimizer('rmsprop', rmspropMomentumRule, { ...values, momentum }, options);
  demandBoolean('rmsprop: centered', centered);
  const hasMomentum = rangeOf(momentum)[1] > 0;
  if (hasMomentum) return centered ? makeOptimizer('rmsprop', rmspropCenteredMomentumRule, { ...values, momentum }, options) : checked;
  return makeOptimizer('rmsprop', centered ? rmspropCenteredRule : rmspropRule, values, options);
}
