/** Optimizers by the names of their rules, as kernels ask for them: those that are known. */

import type { OptimizerKernel } from './optimizer.ts';

export const RULE_NAMES = [
  'sgd', 'momentum', 'nesterov', 'adagrad', 'rmsprop', 'rmspropCentered', 'rmspropMomentum', 'rmspropCenteredMomentum', 'adadelta', 'adam',
  'amsgrad', 'adamax', 'nadam', 'lion', 'lamb', 'lars', 'ftrl',
] as const;

export type RuleName = (typeof RULE_NAMES)[number];

const known = new Map<RuleName, OptimizerKernel>();

/** From here on it is found by its name. */
export const knowKernel = (name: RuleName, kernel: OptimizerKernel): void => void known.set(name, kernel);

/** One that is known. */
export const kernelOf = (name: RuleName): OptimizerKernel => known.get(name)!;
