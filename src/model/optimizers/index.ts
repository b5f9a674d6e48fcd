/** Optimizers, as plain data. PyTorch's conventions unless an option says otherwise. */

import { InputError } from '../../errors.ts';
import { checkOptions, isObject } from '../../options.ts';
import { RULE_NAMES } from '../../kernels/rule.ts';
import { checkClip } from '../clip.ts';
import { flattenRegularizers } from '../regularizers.ts';
import { textOf } from '../schedules/index.ts';
import { modelOf } from '../rules/index.ts';
import { domainsOf } from '../rules/rule.ts';
import { checkValue, type Optimizer } from './optimizer.ts';

export { adadelta, type AdadeltaOptions } from './adadelta.ts';
export { adagrad, type AdagradOptions } from './adagrad.ts';
export { adam, adamw, amsgrad, type AdamOptions } from './adam.ts';
export { adamax, type AdamaxOptions } from './adamax.ts';
export { ftrl, type FtrlOptions } from './ftrl.ts';
export { lamb, type LambOptions } from './lamb.ts';
export { lars, type LarsOptions } from './lars.ts';
export { lion, type LionOptions } from './lion.ts';
export { nadam, type NadamOptions } from './nadam.ts';
export { proximalAdagrad, proximalSgd, type ProximalOptions } from './proximal.ts';
export { rmsprop, type RmspropOptions } from './rmsprop.ts';
export { sgd, type SgdOptions } from './sgd.ts';
export type { CommonOptions, Optimizer } from './optimizer.ts';

/** Optimizers are plain data: one written by hand, or out of a file, is checked as its maker would. @throws InputError */
export function checkOptimizer(optimizer: Optimizer): void {
  const { rule, hyperparameters, regularizers, clip } = (optimizer ?? {}) as Partial<Optimizer>;
  if (typeof rule !== 'string' || !RULE_NAMES.includes(rule) || !isObject(hyperparameters)) {
    throw new InputError(`optimizer must be made by sgd(...), adam(...) or another of the library's, got ${textOf(optimizer)}.`);
  }
  checkOptions('optimizer', optimizer, ['rule', 'hyperparameters', 'regularizers', 'clip']);
  const domains = domainsOf(modelOf(rule));
  checkOptions(rule, hyperparameters, Object.keys(domains));
  for (const [name, domain] of Object.entries(domains)) checkValue(domain, hyperparameters[name]!, `${rule}: ${name}`);
  flattenRegularizers(regularizers ?? null!); // By hand, the list has to be there.
  if (clip !== undefined) checkClip(clip);
}
