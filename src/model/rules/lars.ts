import { lars as larsKernel } from '../../kernels/optimizers/lars.ts';
import type { OptimizerRule, RuleModel } from './rule.ts';

const larsModel: RuleModel = {
  hyperparameters: { momentum: 'fraction', trustCoefficient: 'positive', epsilon: 'non-negative' },
  coefficients: ({ at, role }) => ({
    stepSize: at('learningRate'), coefficient: role === 'weight' ? at('trustCoefficient') : 0, momentum: at('momentum'), epsilon: at('epsilon'),
  }),
  gain: ({ at }) => 1 / (1 - at('momentum')),
  steadyFrom: 1,
};

export const lars: OptimizerRule = { name: 'lars', model: larsModel, kernel: larsKernel };
