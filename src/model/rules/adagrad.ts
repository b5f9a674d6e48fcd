import { adagrad as adagradKernel } from '../../kernels/optimizers/adagrad.ts';
import type { OptimizerRule, RuleModel } from './rule.ts';

const adagradModel: RuleModel = {
  hyperparameters: {
    learningRateDecay: 'non-negative', epsilon: 'non-negative', epsilonRoot: 'non-negative', initialAccumulator: 'non-negative',
  },
  coefficients: ({ at, t }) => ({
    stepSize: at('learningRate') / decayAt(at('learningRateDecay'), t), epsilon: at('epsilon'), epsilonRoot: at('epsilonRoot'),
  }),
  gain: ({ at, t }) => 1 / decayAt(at('learningRateDecay'), t),
};

// Where the GPU counts, t is Infinity and there is no decay.
const decayAt = (decay: number, t: number): number => (decay === 0 ? 1 : 1 + (t - 1) * decay);

export const adagrad: OptimizerRule = { name: 'adagrad', model: adagradModel, kernel: adagradKernel };
