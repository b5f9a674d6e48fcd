import { lamb as lambKernel } from '../../kernels/optimizers/lamb.ts';
import type { OptimizerRule, RuleModel } from './rule.ts';

const lambModel: RuleModel = {
  hyperparameters: { beta1: 'fraction', beta2: 'fraction', epsilon: 'epsilon' },
  coefficients: ({ at, t, role }) => {
    const beta1 = at('beta1');
    const beta2 = at('beta2');
    return {
      stepSize: at('learningRate'), coefficient: Number(role === 'weight'),
      momentum: beta1, gradientWeight: 1 - beta1, beta2, oneMinusBeta2: 1 - beta2,
      inverseC2: 1 / (1 - beta2 ** t), epsilon: at('epsilon'), epsilonRoot: 1 / (1 - beta1 ** t),
      logBeta1: Math.log(beta1), logBeta2: Math.log(beta2),
    };
  },
  gain: () => 1,
};

export const lamb: OptimizerRule = { name: 'lamb', model: lambModel, kernel: lambKernel };
