import { adamax as adamaxKernel } from '../../kernels/optimizers/adamax.ts';
import type { OptimizerRule, RuleModel } from './rule.ts';

const adamaxModel: RuleModel = {
  hyperparameters: { beta1: 'fraction', beta2: 'fraction', epsilon: 'epsilon' },
  coefficients: ({ at, t }) => ({
    stepSize: at('learningRate') / (1 - at('beta1') ** t),
    momentum: at('beta1'), gradientWeight: 1 - at('beta1'), beta2: at('beta2'), epsilon: at('epsilon'), logBeta1: Math.log(at('beta1')),
  }),
  gain: () => 1,
};

export const adamax: OptimizerRule = { name: 'adamax', model: adamaxModel, kernel: adamaxKernel };
