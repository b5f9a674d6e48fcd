/** The optimizers of the step suite by their names: the library's defaults, the flagship's rates where it has none, and its L2. */

import { InputError } from '../errors.ts';
import {
  adadelta, adagrad, adam, adamax, adamw, amsgrad, ftrl, lamb, lars, lion, nadam, rmsprop, sgd, type Optimizer,
} from '../model/optimizers/index.ts';
import { l2 } from '../model/regularizers.ts';
import { FLAGSHIP_RATES } from './flagship.ts';

const { learningRate, momentum } = FLAGSHIP_RATES;

type Common = { readonly regularizers: Optimizer['regularizers'] };

const MAKERS: Readonly<Record<string, (common: Common) => Optimizer>> = {
  sgd: (common) => sgd({ learningRate, ...common }),
  momentum: (common) => sgd({ learningRate, momentum, ...common }),
  nesterov: (common) => sgd({ learningRate, momentum, nesterov: true, ...common }),
  adagrad, adadelta, adam, adamw, amsgrad, adamax, nadam, lion, lamb,
  // Its own default is ten times what networks of this kind bear.
  rmsprop: (common) => rmsprop({ learningRate: 1e-3, ...common }),
  // A tensor's step is this times 1e-3 of its norm.
  lars: (common) => lars({ learningRate: 1, momentum, ...common }),
  ftrl: (common) => ftrl({ learningRate, ...common }),
};

/** @throws InputError for a name that is none of an optimizer */
export function optimizerOf(name: string): Optimizer {
  if (!Object.hasOwn(MAKERS, name)) {
    throw new InputError(`There is no optimizer ${JSON.stringify(name)}; there are ${Object.keys(MAKERS).join(', ')}.`);
  }
  return MAKERS[name]!({ regularizers: [l2(FLAGSHIP_RATES.l2)] });
}
