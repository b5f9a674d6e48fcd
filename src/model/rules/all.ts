/** All rules at once, for what lists them, and for optimizers that are named. A page that makes its own pays for that alone. */

import { adadelta } from './adadelta.ts';
import { adagrad } from './adagrad.ts';
import { adam, amsgrad } from './adam.ts';
import { adamax } from './adamax.ts';
import { ftrl } from './ftrl.ts';
import { lamb } from './lamb.ts';
import { lars } from './lars.ts';
import { lion } from './lion.ts';
import { nadam } from './nadam.ts';
import { rmsprop, rmspropCentered, rmspropCenteredMomentum, rmspropMomentum } from './rmsprop.ts';
import { momentum, nesterov, sgd } from './sgd.ts';
import type { OptimizerRule } from './rule.ts';

export const RULES: readonly OptimizerRule[] = [
  sgd, momentum, nesterov, adagrad, rmsprop, rmspropCentered, rmspropMomentum, rmspropCenteredMomentum, adadelta,
  adam, amsgrad, adamax, nadam, lion, lamb, lars, ftrl,
];
