import type { Schedule } from '../schedules/index.ts';
import { makeOptimizer, optionsOf, type CommonOptions, type Moment, type Optimizer, type RuleModel } from './optimizer.ts';

export interface NadamOptions extends CommonOptions {
  readonly learningRate?: Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly momentumDecay?: number;
}

/** Below it a product of momenta changes no double next to 1. */
const NEGLIGIBLE = 2 ** -60;

/** Factors of g and of m: (1 - mu_t) / (1 - P_t) and mu_{t+1} / (1 - P_{t+1}). */
function factors({ at, t }: Moment): readonly [number, number] {
  const beta1 = at('beta1');
  const psi = at('momentumDecay');
  const mu = (i: number): number => beta1 * (1 - 0.5 * 0.96 ** (i * psi));
  let product = 1;
  for (let i = 1; i <= t && product > NEGLIGIBLE; i++) product *= mu(i);
  return [(1 - mu(t)) / (1 - product), mu(t + 1) / (1 - product * mu(t + 1))];
}

export const nadamModel: RuleModel = {
  hyperparameters: { beta1: 'fraction', beta2: 'fraction', epsilon: 'epsilon', momentumDecay: 'non-negative' },
  coefficients: (moment) => {
    const { at, t } = moment;
    const [ofGradient, ofMoment] = factors(moment);
    const beta1 = at('beta1');
    const beta2 = at('beta2');
    return {
      stepSize: at('learningRate') * ofGradient, coefficient: at('learningRate') * ofMoment,
      momentum: beta1, gradientWeight: 1 - beta1, beta2, oneMinusBeta2: 1 - beta2, inverseC2: 1 / (1 - beta2 ** t), epsilon: at('epsilon'),
    };
  },
  gain: (moment) => {
    const [ofGradient, ofMoment] = factors(moment);
    return ofGradient + ofMoment;
  },
};

/**
 * NAdam (Dozat 2016, in PyTorch's form): Adam with Nesterov momentum and a momentum schedule:
 *   mu_t = beta1 (1 - 0.5 * 0.96^(t * momentumDecay)), P_t = mu_1 ... mu_t;  m, v and D as in `adam`
 *   w -= learningRate * ((1 - mu_t) / (1 - P_t) * g + mu_{t+1} / (1 - P_{t+1}) * m) / D
 *
 * | | its defaults | what differs from here |
 * | --- | --- | --- |
 * | PyTorch | `lr` 2e-3, `betas` 0.9 and 0.999, `eps` 1e-8, `momentum_decay` 4e-3 | nothing |
 * | Keras | `learning_rate` 1e-3, 0.9, 0.999, `epsilon` 1e-7 | momentumDecay is 1: its momentum rises 250 times faster |
 * | optax | 0.9, 0.999, `eps` 1e-8 | no schedule: beta1 m / (1 - beta1^(t+1)) + (1 - beta1) g / (1 - beta1^t) |
 *
 * State: m and v, two f32 per parameter; 28 bytes per parameter and step.
 * Source: torch/optim/nadam.py; Dozat, ICLR 2016 workshop.
 *
 * @param options.learningRate default 2e-3; may be a schedule
 * @param options.beta1 in [0, 1), default 0.9
 * @param options.beta2 in [0, 1), default 0.999
 * @param options.epsilon default 1e-8, at least 2^-126
 * @param options.momentumDecay default 4e-3
 * @throws InputError
 */
export function nadam(options: NadamOptions = {}): Optimizer {
  const { learningRate = 2e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, momentumDecay = 4e-3 } = optionsOf('nadam', nadamModel, options);
  return makeOptimizer('nadam', 'nadam', nadamModel, { learningRate, beta1, beta2, epsilon, momentumDecay }, options);
}
