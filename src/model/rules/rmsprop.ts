import {
  rmsprop as rmspropKernel, rmspropCentered as centeredKernel, rmspropCenteredMomentum as centeredMomentumKernel, rmspropMomentum as momentumKernel,
} from '../../kernels/optimizers/rmsprop.ts';
import type { OptimizerRule, RuleModel } from './rule.ts';

const rmspropModel: RuleModel = {
  hyperparameters: { alpha: 'fraction', epsilon: 'epsilon', epsilonRoot: 'non-negative' },
  coefficients: ({ at }) => ({
    stepSize: at('learningRate'), beta2: at('alpha'), oneMinusBeta2: 1 - at('alpha'),
    epsilon: at('epsilon'), epsilonRoot: at('epsilonRoot'),
  }),
  gain: () => 1,
  steadyFrom: 1,
};

const rmspropMomentumModel: RuleModel = {
  hyperparameters: { alpha: 'fraction', epsilon: 'epsilon', epsilonRoot: 'non-negative', momentum: 'fraction' },
  coefficients: (moment) => ({ ...rmspropModel.coefficients(moment), momentum: moment.at('momentum') }),
  gain: ({ at }) => 1 / (1 - at('momentum')),
  steadyFrom: 1,
};

export const rmsprop: OptimizerRule = { name: 'rmsprop', model: rmspropModel, kernel: rmspropKernel };
export const rmspropCentered: OptimizerRule = { name: 'rmspropCentered', model: rmspropModel, kernel: centeredKernel };
export const rmspropMomentum: OptimizerRule = { name: 'rmspropMomentum', model: rmspropMomentumModel, kernel: momentumKernel };
export const rmspropCenteredMomentum: OptimizerRule = { name: 'rmspropCenteredMomentum', model: rmspropMomentumModel, kernel: centeredMomentumKernel };
