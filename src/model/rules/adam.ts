import { adam as adamKernel } from '../../kernels/optimizers/adam.ts';
import { amsgrad as amsgradKernel } from '../../kernels/optimizers/amsgrad.ts';
import type { OptimizerRule, RuleModel } from './rule.ts';

const adamModel: RuleModel = {
  hyperparameters: {
    beta1: 'fraction', beta2: 'fraction', epsilon: 'epsilon', epsilonRoot: 'non-negative', epsilonHat: 'flag',
  },
  coefficients: ({ at, t }) => {
    const beta1 = at('beta1');
    const beta2 = at('beta2');
    const c2 = 1 - beta2 ** t;
    return {
      stepSize: at('learningRate') / (1 - beta1 ** t),
      momentum: beta1, gradientWeight: 1 - beta1, beta2, oneMinusBeta2: 1 - beta2, inverseC2: 1 / c2,
      epsilon: at('epsilon') / (at('epsilonHat') === 1 ? Math.sqrt(c2) : 1), epsilonRoot: at('epsilonRoot'),
      logBeta1: Math.log(beta1), logBeta2: Math.log(beta2),
    };
  },
  gain: () => 1,
};

export const adam: OptimizerRule = { name: 'adam', model: adamModel, kernel: adamKernel };
export const amsgrad: OptimizerRule = { name: 'amsgrad', model: adamModel, kernel: amsgradKernel };
