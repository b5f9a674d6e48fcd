/** Which parts of an update are compiled in. */

import { InputError } from '../errors.ts';
import { hasTrustRatio, needsNorms, type Rule } from '../kernels/rule.ts';
import type { Build } from './build.ts';
import type { ReplicaSettings } from '../model/hyperparameters.ts';
import { hasWeight, type Network } from '../model/network.ts';
import type { Optimizer } from '../model/optimizers/index.ts';
import type { Regularizer, RegularizerRule, RegularizerType } from '../model/regularizers.ts';
import { rangeOf } from '../model/schedules/index.ts';

/** What a configuration asks for beyond its optimizer. */
export interface Around {
  readonly average: boolean;
  readonly skip: boolean;
}

/**
 * Every penalty that is declared, even with strength 0, and whatever is on in any replica. Where it is absent its
 * strength is 0.
 */
export const ruleOf = (network: Network, optimizer: Optimizer, replicas: readonly ReplicaSettings[], around: Around): Rule =>
  ruleFrom(optimizer, network.layers.flatMap(({ settings }) => settings.regularizers ?? []), replicas, around);

/** The same with `more` declared than the optimizer's own regularizers. */
export function ruleFrom(
  optimizer: Optimizer, more: readonly Regularizer[], replicas: readonly Pick<ReplicaSettings, 'tensors'>[], { average, skip }: Around,
): Rule {
  const declared = [...optimizer.regularizers, ...more];
  const has = (type: RegularizerType, rule?: RegularizerRule): boolean =>
    declared.some((regularizer) => regularizer.type === type && (rule ?? regularizer.rule) === regularizer.rule) ||
    replicas.some(({ tensors }) => tensors.some(({ penalties }) => {
      const penalty = penalties[type]!;
      return rangeOf(penalty.strength)[1] > 0 && (rule ?? penalty.rule) === penalty.rule;
    }));
  return {
    name: optimizer.rule,
    l1Subgradient: has('l1', 'subgradient'),
    l1Proximal: has('l1', 'proximal'),
    l1Decoupled: has('l1', 'decoupled'),
    l1Cumulative: has('l1', 'cumulative'),
    l2Coupled: has('l2', 'coupled'),
    l2Proximal: has('l2', 'proximal'),
    weightDecay: replicas.some(({ tensors }) => tensors.some(({ values }) => rangeOf(values['weightDecay']!)[1] > 0)),
    nonNegative: has('nonNegative'),
    unitRules: has('maxNorm') || has('unitNorm') || has('groupLasso'),
    orthogonal: has('orthogonal'),
    activity: has('activityL1') || has('activityL2'),
    clip: optimizer.clip?.by ?? 'none',
    average,
    skip,
  };
}

/** Layers whose orthogonal penalty is declared, even with strength 0, or on in any replica. Others get no dispatch for it. */
export const orthogonalLayers = (network: Network, optimizer: Optimizer, replicas: readonly ReplicaSettings[]): number[] =>
  network.layers.flatMap((own, layer) => {
    if (own.isFrozen || own.isTransposed || !hasWeight(own)) return [];
    const isDeclared = (own.settings.regularizers ?? optimizer.regularizers).some(({ type }) => type === 'orthogonal');
    const isOn = replicas.some(({ tensors }) => tensors.some(({ penalties }, i) =>
      network.tensors[i]!.layer === layer && rangeOf(penalties.orthogonal!.strength)[1] > 0));
    return isDeclared || isOn ? [layer] : [];
  });

/** Whether gradients must be kept: the update then cannot be the weight gradient's epilogue. Says why, or ''. */
export function gradientsFor(rule: Rule, accumulate: number): string {
  if (accumulate > 1) return 'accumulating gradients';
  if (rule.orthogonal) return 'the orthogonal penalty';
  if (rule.skip) return "onNonFinite: 'skip'";
  return needsNorms(rule) ? `the norms behind ${hasTrustRatio(rule.name) ? rule.name : 'clipping'}` : '';
}

/** @throws InputError for settings that need what the build lacks */
export function checkBuilt({ network, rule, orthogonalLayers: layers }: Build, optimizer: Optimizer, replicas: readonly ReplicaSettings[]): void {
  const needed = ruleOf(network, optimizer, replicas, rule);
  const undeclared = (Object.keys(needed) as (keyof Rule)[]).find((key) => needed[key] === true && rule[key] !== true);
  if (undeclared !== undefined) {
    throw new InputError(`set: the update was built without ${undeclared}. Declare it at creation: a regularizer with strength 0 if it has one, weightDecay above 0.`);
  }
  checkRule(rule, replicas);
  const missing = orthogonalLayers(network, optimizer, replicas).find((layer) => !layers.includes(layer));
  if (missing !== undefined) {
    throw new InputError(`set: layers.${missing} was built without orthogonal. Declare it there with strength 0 at creation.`);
  }
}

/** @throws InputError for what cannot be had together */
export function checkRule(rule: Rule, replicas: readonly Pick<ReplicaSettings, 'tensors'>[]): void {
  const isOn = (name: string): boolean =>
    replicas.some(({ tensors }) => tensors.some(({ values }) => rangeOf(values[name] ?? 0)[1] > 0));
  const refuse = (why: string): never => {
    throw new InputError(why);
  };
  if (hasTrustRatio(rule.name) && (rule.clip === 'norm' || rule.clip === 'globalNorm')) {
    refuse(`${rule.name} with clipping by norm would need norms of the clipped gradient: two passes more. Use clipByValue, or another optimizer.`);
  }
  if (rule.orthogonal && rule.clip !== 'none') {
    refuse("clip cannot go with orthogonal: a clip bounds the gradient of the loss alone, and the penalty's is added to it before. Leave one of them out.");
  }
  if (!rule.skip) return;
  const sees = (what: string): string => `onNonFinite: 'skip' cannot go with ${what}: `;
  if (rule.name === 'nadam') refuse(`${sees('nadam')}its momentum is a product over all updates, and only the GPU knows how many there were.`);
  if (rule.name === 'ftrl') refuse(`${sees('ftrl')}its state is scaled by the learning rate of the update before, and only the GPU knows which that was.`);
  if (rule.l1Cumulative) refuse(`${sees("l1's cumulative rule")}its total counts every update.`);
  if (isOn('learningRateDecay')) refuse(`${sees('learningRateDecay')}use a schedule.`);
  if (isOn('epsilonHat')) refuse(`${sees('epsilonHat')}use epsilon as it is.`);
}
