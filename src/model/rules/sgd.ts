import { momentum as momentumKernel } from '../../kernels/optimizers/momentum.ts';
import { nesterov as nesterovKernel } from '../../kernels/optimizers/nesterov.ts';
import { sgd as sgdKernel } from '../../kernels/optimizers/sgd.ts';
import type { OptimizerRule, RuleModel } from './rule.ts';

const sgdModel: RuleModel = {
  hyperparameters: {},
  coefficients: ({ at }) => ({ stepSize: at('learningRate') }),
  gain: () => 1,
  steadyFrom: 1,
};

const momentumModel: RuleModel = {
  hyperparameters: { momentum: 'fraction', dampening: 'fraction' },
  coefficients: ({ at, t }) => ({
    stepSize: at('learningRate'), momentum: at('momentum'), gradientWeight: t === 1 ? 1 : 1 - at('dampening'),
  }),
  gain: ({ at }) => (1 - at('dampening')) / (1 - at('momentum')),
  steadyFrom: 2,
};

const nesterovModel: RuleModel = {
  hyperparameters: { momentum: 'fraction' },
  coefficients: ({ at }) => ({ stepSize: at('learningRate'), momentum: at('momentum'), gradientWeight: 1 }),
  gain: ({ at }) => 1 / (1 - at('momentum')),
  steadyFrom: 1,
};

export const sgd: OptimizerRule = { name: 'sgd', model: sgdModel, kernel: sgdKernel };
export const momentum: OptimizerRule = { name: 'momentum', model: momentumModel, kernel: momentumKernel };
export const nesterov: OptimizerRule = { name: 'nesterov', model: nesterovModel, kernel: nesterovKernel };
