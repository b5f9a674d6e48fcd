import { nadam as nadamKernel } from '../../kernels/optimizers/nadam.ts';
import type { Moment, OptimizerRule, RuleModel } from './rule.ts';

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

const nadamModel: RuleModel = {
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

export const nadam: OptimizerRule = { name: 'nadam', model: nadamModel, kernel: nadamKernel };
