/** Which value of which hyperparameter every tensor and dropout of every replica has. */

import { InputError } from '../errors.ts';
import { didYouMean, textOf } from '../options.ts';
import { hasTrustRatio, type RuleName } from '../kernels/rule.ts';
import type { Clip } from './clip.ts';
import type { Network, ParameterLayer, Tensor } from './network.ts';
import { isNumberKey, numberDomain, type Numbered, type NumberKey } from './numbers.ts';
import { boundOf } from './domains.ts';
import { checkValue, type Optimizer } from './optimizers/optimizer.ts';
import { refusalOf, type Penalty as PenaltyName } from './refusals.ts';
import {
  checkStrength, ON_ACTIVATIONS, REGULARIZER_RULES, REGULARIZER_TYPES, strengthBound, type Regularizer, type RegularizerRule, type RegularizerType,
} from './regularizers.ts';
import type { Role } from './role.ts';
import { modelOf } from './rules/index.ts';
import { domainsOf } from './rules/rule.ts';
import { rangeOf, type Bound, type Schedule } from './schedules/index.ts';

/** A penalty on one tensor. */
export interface Penalty {
  readonly strength: Schedule;
  readonly rule: RegularizerRule;
  /** Whether it is meant for this tensor at all: weights, and biases where asked. */
  readonly reaches: boolean;
  /** Whether it was asked for, even with strength 0, and may be turned on. */
  readonly isDeclared: boolean;
  readonly sqrtSize?: boolean;
}

export interface TensorSettings {
  /** The optimizer's hyperparameters by name, weightDecay 0 on all but weights. */
  readonly values: Readonly<Record<string, Schedule>>;
  readonly penalties: Readonly<Partial<Record<RegularizerType, Penalty>>>;
  readonly role: Role;
  /** Inputs of the tensor's layer. */
  readonly inputs: number;
}

/** What the group lasso's threshold is multiplied with on a tensor: sqrt(inputs), or 1 without the root of the size. */
export const lassoFactor = ({ penalties, inputs }: TensorSettings): number => (penalties.groupLasso?.sqrtSize === false ? 1 : Math.sqrt(inputs));

export interface ReplicaSettings {
  readonly seed: number;
  readonly tensors: readonly TensorSettings[];
  /** Drop probability per dropout layer. */
  readonly dropouts: readonly Schedule[];
  /** Of activations and, last, of the loss. */
  readonly numbers: readonly Numbered[];
  /** Threshold of the optimizer's clip; 0 without one. */
  readonly clip: Schedule;
}

/**
 * Overrides by flat key, for every layer, or by path, for one: `{ l1: 1e-5, 'layers.0.l1': 0 }`. Keys: the optimizer's
 * hyperparameters (learningRate, weightDecay, momentum, beta1 ...), the regularizers (l1, l2, maxNorm ...; for maxNorm 0
 * is no bound), dropout, clip, numbers of activations ('elu.alpha'; 'layers.N.elu.alpha' is that behind layer N), and for replicas seed. N in layers.N counts the layers with parameters; layers.N.dropout is the
 * dropout on that layer's inputs. A value is a number or a schedule.
 */
export type Overrides = Readonly<Record<string, Schedule>>;

const isRegularizer = (key: string): key is RegularizerType => Object.hasOwn(REGULARIZER_RULES, key);

/** Types that cannot reach a layer: the last one's outputs are the logits, and frozen parameters stay as they are. */
const neverOn = ({ isLast, isFrozen }: ParameterLayer): RegularizerType[] =>
  REGULARIZER_TYPES.filter((type) => (ON_ACTIVATIONS.includes(type) ? isLast : isFrozen));

/** Every penalty on a tensor, those that are not declared with strength 0. `never`: types that cannot reach it. */
export function penaltiesOf(
  regularizers: readonly Regularizer[], role: Role, never: readonly RegularizerType[],
): TensorSettings['penalties'] {
  return Object.fromEntries(REGULARIZER_TYPES.map((type): [RegularizerType, Penalty] => {
    const regularizer = regularizers.find((one) => one.type === type);
    const isMeant = role === 'weight' || (role === 'bias' && regularizer?.biases === true);
    const reaches = isMeant && !never.includes(type);
    return [type, {
      strength: regularizer !== undefined && reaches ? regularizer.strength : 0,
      rule: regularizer?.rule ?? REGULARIZER_RULES[type][0]!,
      reaches,
      isDeclared: regularizer !== undefined && reaches,
      ...(regularizer?.sqrtSize !== undefined && { sqrtSize: regularizer.sqrtSize }),
    }];
  }));
}

/** @throws InputError for penalties on slopes, and on the activations of the last layer */
function checkPenalties(layer: number, types: readonly string[], network: Network): void {
  if (types.length > 0 && network.layers[layer]!.tensors.every(({ role }) => role === 'slope')) {
    throw new InputError(`layers.${layer}: ${types[0]} is for weights and biases, and this layer has slopes alone. Give it to another layer.`);
  }
  const found = types.find((type) => (ON_ACTIVATIONS as readonly string[]).includes(type));
  if (found === undefined || !network.layers[layer]!.isLast) return;
  throw new InputError(`layers.${layer}: ${found} is for what a hidden layer hands on, and this layer makes the logits. Give it to a layer below.`);
}

function baseSettings(tensor: Tensor, network: Network, optimizer: Optimizer): TensorSettings {
  const layer = network.layers[tensor.layer]!;
  const own = layer.settings;
  const regularizers = own.regularizers ?? optimizer.regularizers;
  checkPenalties(tensor.layer, (own.regularizers ?? []).map(({ type }) => type), network);
  const { learningRate, weightDecay } = optimizer.hyperparameters as Record<'learningRate' | 'weightDecay', Schedule>;
  return {
    values: {
      ...optimizer.hyperparameters,
      learningRate: own.learningRate ?? learningRate,
      weightDecay: tensor.role === 'weight' && !tensor.isFrozen ? (own.weightDecay ?? weightDecay) : 0,
    },
    penalties: penaltiesOf(regularizers, tensor.role, neverOn(layer)),
    role: tensor.role,
    inputs: layer.inputs,
  };
}

interface Target {
  readonly key: string;
  /** Layer with parameters that a path names; undefined: every one. */
  readonly layer: number | undefined;
}

const OTHER_KEYS = ['dropout', 'clip'];

/** What values of a hyperparameter with this key must be. */
export const boundAt = (rule: RuleName, key: string): Bound =>
  (isRegularizer(key) ? strengthBound(key) : isNumberKey(key) ? boundOf(key, numberDomain(key)) : boundOf(key, domainsOf(modelOf(rule))[key] ?? (key === 'dropout' ? 'probability' : 'positive')));

function parseKey(name: string, network: Network, optimizer: Optimizer, numbers: readonly Numbered[]): Target {
  const path = /^layers\.(0|[1-9]\d*)\.(\w+(?:\.\w+)?)$/.exec(name);
  const key = path?.[2] ?? name;
  const layer = path === null ? undefined : Number(path[1]);
  const own = Object.keys(domainsOf(modelOf(optimizer.rule)));
  const others: readonly string[] = [...OTHER_KEYS, ...new Set(numbers.flatMap(({ keys }) => keys))];
  if (!own.includes(key) && !isRegularizer(key) && !others.includes(key)) {
    throw new InputError(
      `Override ${JSON.stringify(name)} is not known. ${optimizer.rule} has ${own.join(', ')}; besides there are ` +
        `${REGULARIZER_TYPES.join(', ')}, ${others.join(', ')} and seed. Give them alone or after layers.N., where N ` +
        'counts the layers with parameters. Replicas differ in values, not in structure.' +
        didYouMean(key, [...own, ...REGULARIZER_TYPES, ...others], name.slice(0, -key.length)),
    );
  }
  if (layer !== undefined && layer >= network.layers.length) {
    throw new InputError(`Override ${name}: the layers with parameters are 0 to ${network.layers.length - 1}.`);
  }
  const isOfParameters = key !== 'dropout' && !isNumberKey(key) && !(ON_ACTIVATIONS as readonly string[]).includes(key);
  if (layer !== undefined && network.layers[layer]!.isFrozen && isOfParameters) {
    throw new InputError(`Override ${name}: that layer is frozen. Leave frozen out of it; a learning rate of 0 holds it as well.`);
  }
  return { key, layer };
}

function overrideDropout(settings: ReplicaSettings, name: string, value: Schedule, layer: number | undefined, network: Network): ReplicaSettings {
  const index = layer === undefined ? undefined : network.layers[layer]!.inputDropout?.index;
  if (network.dropouts.length === 0 || (layer !== undefined && index === undefined)) {
    throw new InputError(`Override ${name}: the model has no dropout layer right before that. Give it one with rate 0, or leave the path out, for every dropout.`);
  }
  checkValue('probability', value, `Override ${name}`);
  return { ...settings, dropouts: settings.dropouts.map((old, i) => (index === undefined || i === index ? value : old)) };
}

function overrideNumber(settings: ReplicaSettings, name: string, key: NumberKey, value: Schedule, layer: number | undefined): ReplicaSettings {
  const reaches = (one: Numbered): boolean => one.keys.includes(key) && (layer === undefined || one.layer === layer);
  if (!settings.numbers.some(reaches)) {
    throw new InputError(`Override ${name}: no ${key.split('.')[0]} lies right behind that layer. Leave the path out, to reach every one.`);
  }
  checkValue(numberDomain(key), value, `Override ${name}`);
  return {
    ...settings,
    numbers: settings.numbers.map((one) => (reaches(one) ? { ...one, values: one.values.map((old, i) => (one.keys[i] === key ? value : old)) } : one)),
  };
}

function overrideClip(settings: ReplicaSettings, name: string, value: Schedule, layer: number | undefined, clip: Clip | undefined): ReplicaSettings {
  if (clip === undefined || layer !== undefined) {
    throw new InputError(`Override ${name}: ${clip === undefined ? 'the optimizer was made without clip' : 'clip is one for all layers'}.`);
  }
  checkValue('positive', value, `Override ${name}`);
  return { ...settings, clip: value };
}

/** One override applied to one replica. A flat key reaches weights and, unless it is a penalty, all others. */
function override(settings: ReplicaSettings, name: string, value: Schedule, network: Network, optimizer: Optimizer): ReplicaSettings {
  const { key, layer } = parseKey(name, network, optimizer, settings.numbers);
  if (isNumberKey(key)) return overrideNumber(settings, name, key, value, layer);
  if (key === 'dropout') return overrideDropout(settings, name, value, layer, network);
  if (key === 'clip') return overrideClip(settings, name, value, layer, optimizer.clip);
  if (layer !== undefined && (isRegularizer(key) || key === 'weightDecay')) checkPenalties(layer, [key], network);
  const reached = settings.tensors.filter((_, i) => network.tensors[i]!.layer === layer);
  if (layer !== undefined && network.layers[layer]!.isTransposed && (isRegularizer(key) ? !reached.some(({ penalties }) => penalties[key]!.reaches) : key === 'weightDecay')) {
    throw new InputError(`Override ${name}: that layer's weight is another's. Give it to the layer that it is tied to.`);
  }
  if (isRegularizer(key)) checkStrength(key, value, `Override ${name}`);
  else checkValue(domainsOf(modelOf(optimizer.rule))[key]!, value, `Override ${name}`);
  const tensors = settings.tensors.map((old, i): TensorSettings => {
    if (layer !== undefined && network.tensors[i]!.layer !== layer) return old;
    if (!isRegularizer(key)) {
      return key === 'weightDecay' && (old.role !== 'weight' || network.tensors[i]!.isFrozen) ? old : { ...old, values: { ...old.values, [key]: value } };
    }
    const penalty = old.penalties[key]!;
    return penalty.reaches ? { ...old, penalties: { ...old.penalties, [key]: { ...penalty, strength: value } } } : old;
  });
  return { ...settings, tensors };
}

/** All overrides, flat keys first: a path is more precise, wherever it stands. */
export function overrideAll(settings: ReplicaSettings, overrides: Overrides, network: Network, optimizer: Optimizer): ReplicaSettings {
  const isPath = ([name]: [string, Schedule]): number => Number(name.startsWith('layers.'));
  return Object.entries(overrides)
    .sort((a, b) => isPath(a) - isPath(b))
    .reduce((now, [name, value]) => override(now, name, value, network, optimizer), settings);
}

const isSeed = (seed: unknown): seed is number => Number.isSafeInteger(seed) && (seed as number) >= 0;

const isOn = (strength: Schedule): boolean => rangeOf(strength)[1] > 0;

/** @throws InputError where a product of learning rate and weight decay cannot be. LARS and LAMB have the decay inside their ratio. */
export function checkDecay(shown: string, product: number, rule: RuleName): void {
  if (product < 1 || hasTrustRatio(rule)) return;
  throw new InputError(`${shown}: learning rate times weight decay is ${product}; from 1 on the decay flips signs. Make one of them smaller.`);
}

/** @throws InputError where learning rate times weight decay reaches 1, or a penalty means nothing with this optimizer */
export function checkSettings(
  { tensors }: Pick<ReplicaSettings, 'tensors'>, network: { readonly tensors: readonly Pick<Tensor, 'name'>[] }, rule: RuleName,
): void {
  tensors.forEach(({ values, penalties }, i) => {
    const { name } = network.tensors[i]!;
    checkDecay(name, rangeOf(values['learningRate']!)[1] * rangeOf(values['weightDecay']!)[1], rule);
    const on: PenaltyName[] = Object.entries(penalties)
      .filter(([, { strength }]) => isOn(strength))
      .map(([type, penalty]) => ({ type: type as RegularizerType, rule: penalty.rule }));
    if (isOn(values['weightDecay']!)) on.push({ type: 'weightDecay', rule: 'decoupled' });
    for (const penalty of on) {
      const why = refusalOf(rule, penalty);
      if (why !== undefined) throw new InputError(`${name}: ${penalty.type} (${penalty.rule}) with ${rule}: ${why}`);
    }
  });
}

/**
 * Settings of every replica.
 * @param loss its numbers
 * @throws InputError naming the override
 */
export function resolveReplicas(
  network: Network, optimizer: Optimizer, seed: number, replicas: readonly Overrides[], loss: Numbered = { keys: [], values: [] },
): ReplicaSettings[] {
  const base = network.tensors.map((tensor) => baseSettings(tensor, network, optimizer));
  return replicas.map(({ seed: ownSeed = seed, ...overrides }, replica) => {
    if (!isSeed(ownSeed)) {
      throw new InputError(`The seed of replica ${replica} must be a whole number from 0 to 2^53 - 1, got ${textOf(ownSeed)}.`);
    }
    const plain: ReplicaSettings = {
      seed: ownSeed, tensors: base, dropouts: network.dropouts.map(({ rate }) => rate), numbers: [...network.numbers, loss], clip: optimizer.clip?.threshold ?? 0,
    };
    const settings = overrideAll(plain, overrides, network, optimizer);
    checkSettings(settings, network, optimizer.rule);
    return settings;
  });
}
