import { adadelta as adadeltaKernel } from '../../kernels/optimizers/adadelta.ts';
import type { OptimizerRule, RuleModel } from './rule.ts';

const adadeltaModel: RuleModel = {
  hyperparameters: { rho: 'fraction', epsilon: 'epsilon' },
  coefficients: ({ at }) => ({
    stepSize: at('learningRate'), beta2: at('rho'), oneMinusBeta2: 1 - at('rho'), epsilon: at('epsilon'),
  }),
  gain: () => 1,
  steadyFrom: 1,
};

export const adadelta: OptimizerRule = { name: 'adadelta', model: adadeltaModel, kernel: adadeltaKernel };
