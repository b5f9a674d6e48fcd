/** What an optimizer is: plain data with named hyperparameters. */

import { InputError } from '../../errors.ts';
import { checkOptions } from '../../options.ts';
import type { RuleName } from '../../kernels/rule.ts';
import { checkClip, type Clip } from '../clip.ts';
import { boundOf, type Domain } from '../domains.ts';
import { flattenRegularizers, type Regularizer, type Regularizers } from '../regularizers.ts';
import { know } from '../rules/index.ts';
import { domainsOf, type OptimizerRule } from '../rules/rule.ts';
import { checkF32, isSchedule, rangeOf, textOf, type Schedule } from '../schedules/index.ts';

/** Plain data. Made by `sgd`, `adam` and their kin. */
export interface Optimizer {
  readonly rule: RuleName;
  /** By name: learningRate, weightDecay, and the rule's own. Replicas and `set` override them by these names. */
  readonly hyperparameters: Readonly<Record<string, Schedule>>;
  readonly regularizers: readonly Regularizer[];
  readonly clip?: Clip;
}

/** Options of every optimizer. */
export interface CommonOptions {
  /** Added to the weights' update rule; `elasticNet(...)` may stand in the list as it is. Default none. */
  readonly regularizers?: Regularizers;
  /** Decoupled: w *= 1 - learningRate * weightDecay before the step, on weights only. Default 0. */
  readonly weightDecay?: Schedule;
  /** Bounds the gradient of the data term, before penalties are added. Default none. */
  readonly clip?: Clip;
}

const require = (holds: boolean, message: string): void => {
  if (!holds) throw new InputError(message);
};

/**
 * Checks what must hold whatever the value came from: an optimizer call, a file or a replica's override.
 * @param shown what the message calls it
 * @throws InputError
 */
export function checkValue(domain: Domain, value: Schedule, shown: string): void {
  const text = textOf(value);
  require(isSchedule(value), `${shown} must be a number or a schedule, got ${text}.`);
  const bound = boundOf(shown, domain), { wanted, holds } = bound;
  const [low, high] = rangeOf(value, () => bound);
  const isSteady = domain !== 'flag' || low === high, isSomething = domain !== 'probability' || high === 0 || high >= 2 ** -32;
  require(holds(low) && holds(high) && high < Infinity && isSteady && isSomething, `${wanted}, got ${text}${high < 1 && Math.fround(high) === 1 ? ', which is 1 in f32' : ''}.`);
  checkF32(shown, value);
}

/** Options of a rule's maker, their names checked: the rule's hyperparameters, what all have, and `more`. @throws InputError */
export const optionsOf = <T extends CommonOptions>(name: string, { model }: OptimizerRule, options: T, more: readonly (keyof T & string)[] = []): T =>
  checkOptions(name, options, [...Object.keys(domainsOf(model)) as (keyof T & string)[], ...more, 'regularizers', 'clip']);

/** Checks and makes; a maker brings its rule. `name` is what messages call it. @throws InputError */
export function makeOptimizer(
  name: string, rule: OptimizerRule, values: Readonly<Record<string, Schedule>>, options: CommonOptions,
): Optimizer {
  know(rule);
  const { weightDecay = 0, clip } = options;
  const hyperparameters = { ...values, weightDecay };
  for (const [key, domain] of Object.entries(domainsOf(rule.model))) {
    checkValue(domain, (hyperparameters as Record<string, Schedule>)[key]!, `${name}: ${key}`);
  }
  if (clip !== undefined) checkClip(clip);
  return { rule: rule.name, hyperparameters, regularizers: flattenRegularizers(options.regularizers), ...(clip !== undefined && { clip }) };
}
