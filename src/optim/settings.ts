/** Which value of which hyperparameter every tensor has at an update. */

import { InputError } from '../errors.ts';
import type { Rule } from '../kernels/rule.ts';
import { checkSettings, penaltiesOf, type ReplicaSettings, type TensorSettings } from '../model/hyperparameters.ts';
import { checkValue, type Optimizer } from '../model/optimizers/optimizer.ts';
import { modelOf } from '../model/rules/index.ts';
import { domainsOf } from '../model/rules/rule.ts';
import { checkStrength, REGULARIZER_TYPES, type RegularizerType } from '../model/regularizers.ts';
import { checkRule, ruleFrom } from '../compile/rule.ts';
import { didYouMean, textOf } from '../options.ts';
import type { Groups, Settings } from './options.ts';
import type { Tensor } from './tensors.ts';

/**
 * Values for one update, by name for all groups or 'group.name' for one: { learningRate: 0.01, 'weights.l1': 1e-5 }.
 * Names: the optimizer's hyperparameters, the regularizers that were declared, and clip.
 */
export type OptimOverrides = Readonly<Record<string, number>>;

const UNIT_RULES: readonly RegularizerType[] = ['maxNorm', 'unitNorm', 'groupLasso'];

/** Whether a rule on the norms of units is declared for a tensor. */
export const hasUnitRule = ({ role, group }: Tensor, groups: Groups): boolean =>
  role === 'weight' && groups.get(group)!.regularizers.some(({ type }) => UNIT_RULES.includes(type));

function settingsOf({ role, group, unit }: Tensor, groups: Groups): TensorSettings {
  const { hyperparameters, regularizers } = groups.get(group)!;
  return {
    values: { ...hyperparameters, ...(role !== 'weight' && { weightDecay: 0 }) },
    penalties: penaltiesOf(regularizers, role, []),
    role,
    inputs: unit?.inputs ?? 0,
  };
}

export interface Resolved {
  readonly rule: Rule;
  readonly settings: ReplicaSettings;
}

/** @throws InputError for what cannot be had together */
export function resolve(tensors: readonly Tensor[], { groups, averaging, skip }: Settings): Resolved {
  const [first, ...rest] = [...groups.values()] as [Optimizer, ...Optimizer[]];
  const settings: ReplicaSettings = {
    seed: 0, tensors: tensors.map((tensor) => settingsOf(tensor, groups)), dropouts: [], numbers: [], clip: first.clip?.threshold ?? 0,
  };
  checkSettings(settings, { tensors }, first.rule);
  const found = ruleFrom(first, rest.flatMap(({ regularizers }) => regularizers), [settings], { average: averaging !== undefined, skip });
  // Always there, so that any step may have it: one multiplication. FTRL makes its weights anew.
  const rule: Rule = { ...found, weightDecay: found.name !== 'ftrl' };
  checkRule(rule, [settings]);
  const flat = tensors.find((tensor) => tensor.unit === undefined && hasUnitRule(tensor, groups));
  if (flat !== undefined) {
    throw new InputError(`createOptim: ${flat.name}: its group has a rule on the norms of units. Give its shape, [inputs, outputs].`);
  }
  return { rule, settings };
}

/** Hyperparameters that act when the optimizer is made. */
const AT_CREATION = ['initialAccumulator'];

function overrideOne(
  settings: ReplicaSettings, name: string, value: number, { tensors, groups, rule }: { tensors: readonly Tensor[]; groups: Groups; rule: Rule },
): ReplicaSettings {
  const shown = `encode: ${name}`;
  if (typeof value !== 'number') throw new InputError(`${shown} must be a number, got ${textOf(value)}.`);
  const dot = name.lastIndexOf('.');
  const [group, key] = dot < 0 ? [undefined, name] : [name.slice(0, dot), name.slice(dot + 1)];
  const meant = [...groups].filter(([one]) => group === undefined || one === group);
  const domains = domainsOf(modelOf(rule.name));
  const refuse = (why: string): never => { throw new InputError(`${shown}: ${why}`); };
  if (meant.length === 0) refuse(`there is no group ${group}; there is ${[...groups.keys()].join(', ')}.`);
  if (key === 'clip') {
    if (group !== undefined || rule.clip === 'none') refuse(group === undefined ? 'the optimizer was made without clip.' : 'clip is one for all groups.');
    checkValue('positive', value, shown);
    return { ...settings, clip: value };
  }
  if (AT_CREATION.includes(key)) refuse('it acts when the optim is made.');
  const reaches = ({ group: own }: Tensor): boolean => meant.some(([one]) => one === own);
  if (Object.hasOwn(domains, key)) {
    checkValue(domains[key]!, value, shown);
    return { ...settings, tensors: settings.tensors.map((old, i) =>
      reaches(tensors[i]!) && (key !== 'weightDecay' || old.role === 'weight') ? { ...old, values: { ...old.values, [key]: value } } : old) };
  }
  const declared = meant.filter(([, { regularizers }]) => regularizers.some(({ type }) => type === key)).map(([one]) => one);
  if (declared.length === 0) {
    refuse(`it is neither a hyperparameter of ${rule.name} (${Object.keys(domains).join(', ')}) nor a regularizer that was declared. ` +
      `Declare one that is to come later with strength 0, as in regularizers: [l1(0)].${didYouMean(key, [...Object.keys(domains), ...REGULARIZER_TYPES, 'clip'], name.slice(0, dot + 1))}`);
  }
  const type = key as RegularizerType;
  checkStrength(type, value, shown);
  return { ...settings, tensors: settings.tensors.map((old, i) => {
    const penalty = old.penalties[type]!;
    if (!declared.includes(tensors[i]!.group) || !penalty.reaches) return old;
    return { ...old, penalties: { ...old.penalties, [type]: { ...penalty, strength: value } } };
  }) };
}

/** Names of all groups first: one of a single group is more precise, wherever it stands. @throws InputError */
export function overridden(
  settings: ReplicaSettings, overrides: OptimOverrides, of: { tensors: readonly Tensor[]; groups: Groups; rule: Rule },
): ReplicaSettings {
  const entries = Object.entries(overrides);
  if (entries.length === 0) return settings;
  const depth = ([name]: [string, number]): number => Number(name.includes('.'));
  const result = entries.sort((a, b) => depth(a) - depth(b)).reduce((now, [name, value]) => overrideOne(now, name, value, of), settings);
  checkSettings(result, of, of.rule.name);
  checkRule(of.rule, [result]);
  return result;
}
