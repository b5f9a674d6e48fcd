import { ftrl as ftrlKernel } from '../../kernels/optimizers/ftrl.ts';
import type { OptimizerRule, RuleModel } from './rule.ts';

const ftrlModel: RuleModel = {
  // The rule divides by the learning rate.
  hyperparameters: { learningRate: 'positive', beta: 'non-negative', initialAccumulator: 'non-negative' },
  coefficients: ({ at, before }) => ({
    stepSize: 1 / at('learningRate'), coefficient: 1 / before('learningRate'), epsilon: at('beta'),
  }),
  // Its penalties are part of the rule and take the strengths themselves.
  gain: ({ at }) => 1 / at('learningRate'),
};

export const ftrl: OptimizerRule = { name: 'ftrl', model: ftrlModel, kernel: ftrlKernel };
