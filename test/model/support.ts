/** Settings and rows as an optimizer's own data make them, for the tests of this folder. */
import { resolveReplicas, type Overrides, type ReplicaSettings } from '../../src/model/hyperparameters.ts';
import { dense } from '../../src/model/layers/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { describeNetwork } from '../../src/model/network.ts';
import {
  adadelta, adagrad, adam, adamax, amsgrad, ftrl, lamb, lars, lion, nadam, rmsprop, sgd, type CommonOptions, type Optimizer,
} from '../../src/model/optimizers/index.ts';
import type { RuleName } from '../../src/kernels/rule.ts';
import { tensorRow, type Clock, type TensorRow } from '../../src/compile/rows.ts';

/** One optimizer of every rule, plain but for what is common to all. */
export const MAKERS: Readonly<Record<RuleName, (common?: CommonOptions) => Optimizer>> = {
  sgd: (common) => sgd({ learningRate: 0.1, ...common }),
  momentum: (common) => sgd({ learningRate: 0.1, momentum: 0.9, ...common }),
  nesterov: (common) => sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, ...common }),
  adagrad: (common) => adagrad(common),
  rmsprop: (common) => rmsprop(common),
  rmspropCentered: (common) => rmsprop({ centered: true, ...common }),
  rmspropMomentum: (common) => rmsprop({ momentum: 0.9, ...common }),
  rmspropCenteredMomentum: (common) => rmsprop({ momentum: 0.9, centered: true, ...common }),
  adadelta: (common) => adadelta(common),
  adam: (common) => adam(common),
  amsgrad: (common) => amsgrad(common),
  adamax: (common) => adamax(common),
  nadam: (common) => nadam(common),
  lion: (common) => lion(common),
  lamb: (common) => lamb(common),
  lars: (common) => lars({ learningRate: 0.1, ...common }),
  ftrl: (common) => ftrl({ learningRate: 0.1, ...common }),
};

export const RULES = Object.keys(MAKERS) as RuleName[];

/** One dense layer of nine inputs: its weight is tensor 0, its bias tensor 1. */
export const NINE: Model = sequential([9], [dense(3), dense(2)]);

export const settingsOf = (optimizer: Optimizer, overrides: Overrides = {}, model: Model = NINE): ReplicaSettings =>
  resolveReplicas(describeNetwork(model), optimizer, 1, [overrides])[0]!;

/** The row of the first weight, or of another tensor, at an update; the first one unless a clock says otherwise. */
export const rowOf = (optimizer: Optimizer, clock: Partial<Clock> = {}, tensor = 0): TensorRow =>
  tensorRow(optimizer.rule, settingsOf(optimizer).tensors[tensor]!, { step: 0, steps: 1000, t: 1, ...clock }, tensor);
