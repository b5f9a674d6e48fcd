/** Hyperparameters with which each optimizer comes to rest on the toy in so few updates. */
import type { Hyperparameters, RuleName } from '../../../src/reference/index.ts';

// What an average forgets in a thousand updates would not be at rest after two thousand.
const beta2 = 0.99;

const SETTINGS: Readonly<Record<RuleName, Omit<Hyperparameters, 'optimizer'>>> = {
  sgd: { learningRate: 0.1 },
  momentum: { learningRate: 0.04, momentum: 0.9, dampening: 0.5 },
  nesterov: { learningRate: 0.02, momentum: 0.9 },
  adagrad: { learningRate: 0.5 },
  rmsprop: { learningRate: 0.01 },
  // Without noise the variance falls to 0; epsilon keeps the metric away from it.
  rmspropCentered: { learningRate: 0.01, epsilon: 0.01 },
  rmspropMomentum: { learningRate: 0.005, momentum: 0.5 },
  rmspropCenteredMomentum: { learningRate: 0.005, momentum: 0.5, epsilon: 0.01 },
  adadelta: { learningRate: 1, rho: 0.99, epsilon: 1e-4 },
  adam: { learningRate: 0.01, beta2 },
  amsgrad: { learningRate: 0.02, beta2 },
  adamax: { learningRate: 0.01, beta2 },
  nadam: { learningRate: 0.01, beta2 },
  lion: { learningRate: 0.01 },
  lamb: { learningRate: 0.02, beta2 },
  lars: { learningRate: 1, trustCoefficient: 0.02 },
  ftrl: { learningRate: 0.5 },
};

export const settingsOf = (optimizer: RuleName): Hyperparameters => ({ optimizer, ...SETTINGS[optimizer] });
