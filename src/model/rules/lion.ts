import { lion as lionKernel } from '../../kernels/optimizers/lion.ts';
import type { OptimizerRule, RuleModel } from './rule.ts';

const lionModel: RuleModel = {
  hyperparameters: { beta1: 'fraction', beta2: 'fraction' },
  coefficients: ({ at }) => ({
    stepSize: at('learningRate'), momentum: at('beta1'), gradientWeight: 1 - at('beta1'), beta2: at('beta2'), oneMinusBeta2: 1 - at('beta2'),
  }),
  gain: () => 1,
  steadyFrom: 1,
};

export const lion: OptimizerRule = { name: 'lion', model: lionModel, kernel: lionKernel };
