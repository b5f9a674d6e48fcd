/** Which value of which hyperparameter every tensor and dropout of every replica has. */

import { InputError } from '../errors.ts';
import type { Rule } from '../kernels/rule.ts';
import type { Network, Tensor } from './network.ts';
import { checkHyperparameter, type Optimizer } from './optimizers.ts';
import type { Regularizer } from './regularizers.ts';
import { rangeOf, type Schedule } from './schedules.ts';

export interface TensorSettings {
  readonly learningRate: Schedule;
  readonly momentum: Schedule;
  readonly dampening: Schedule;
  readonly beta2: Schedule;
  readonly epsilon: Schedule;
  readonly weightDecay: Schedule;
  readonly l1: Schedule;
  readonly l1Rule: 'proximal' | 'subgradient';
  /** Whether the penalty is meant for this tensor at all: weights, and biases where asked. */
  readonly l1Reaches: boolean;
  readonly l2: Schedule;
  readonly l2Rule: 'coupled' | 'proximal';
  readonly l2Reaches: boolean;
}

export interface ReplicaSettings {
  readonly seed: number;
  readonly tensors: readonly TensorSettings[];
  /** Drop probability per dropout layer. */
  readonly dropouts: readonly Schedule[];
}

/**
 * Overrides by flat key, for every layer, or by path, for one: `{ l1: 1e-5, 'layers.0.l1': 0 }`. Keys: learningRate,
 * momentum (SGD) or beta1 (Adam), beta2, epsilon, dampening, weightDecay, l1, l2, dropout, and for replicas seed.
 * N in layers.N counts the dense layers; layers.N.dropout is the dropout on that layer's inputs. A value is a number
 * or a schedule.
 */
export type Overrides = Readonly<Record<string, Schedule>>;

const TENSOR_KEYS = [
  'learningRate', 'momentum', 'beta1', 'beta2', 'dampening', 'epsilon', 'weightDecay', 'l1', 'l2',
] as const;
type TensorKey = (typeof TENSOR_KEYS)[number];

const find = (regularizers: readonly Regularizer[], type: 'l1' | 'l2'): Regularizer | undefined =>
  regularizers.find((regularizer) => regularizer.type === type);

function baseSettings(tensor: Tensor, network: Network, optimizer: Optimizer): TensorSettings {
  const own = network.layers[tensor.layer]!.settings;
  const regularizers = own.regularizers ?? optimizer.regularizers;
  const l1 = find(regularizers, 'l1');
  const l2 = find(regularizers, 'l2');
  const isBias = tensor.kind === 'bias';
  const reaches = (found: Regularizer | undefined): boolean => !isBias || found?.biases === true;
  const strength = (found: Regularizer | undefined): Schedule =>
    found !== undefined && reaches(found) ? found.strength : 0;
  return {
    learningRate: own.learningRate ?? optimizer.learningRate,
    momentum: optimizer.momentum,
    dampening: optimizer.dampening,
    beta2: optimizer.beta2,
    epsilon: optimizer.epsilon,
    weightDecay: isBias ? 0 : (own.weightDecay ?? optimizer.weightDecay),
    l1: strength(l1),
    l1Rule: l1?.rule === 'subgradient' ? 'subgradient' : 'proximal',
    l1Reaches: reaches(l1),
    l2: strength(l2),
    l2Rule: l2?.rule === 'proximal' ? 'proximal' : 'coupled',
    l2Reaches: reaches(l2),
  };
}

/** The settings key an override names, or an InputError that says why this rule has no such thing. */
function settingsKey(key: TensorKey, optimizer: Optimizer): keyof TensorSettings {
  const { rule } = optimizer;
  const refuse = (why: string): never => {
    throw new InputError(`Override ${key}: ${why} Replicas differ in values, not in structure.`);
  };
  if (key === 'momentum' && rule === 'adam') return refuse("Adam's first coefficient is called beta1.");
  if (key === 'momentum' && rule === 'sgd') return refuse('the optimizer was made without momentum; give it a small one.');
  if ((key === 'beta1' || key === 'beta2' || key === 'epsilon') && rule !== 'adam') {
    return refuse(`${rule} has no ${key}.`);
  }
  if (key === 'dampening' && rule !== 'momentum') return refuse(`${rule} has no dampening.`);
  return key === 'beta1' ? 'momentum' : key;
}

interface Target {
  readonly key: string;
  /** Dense layer a path names; undefined: every one. */
  readonly layer: number | undefined;
}

function parseKey(name: string, network: Network): Target {
  const path = /^layers\.(\d+)\.(\w+)$/.exec(name);
  const key = path?.[2] ?? name;
  const layer = path === null ? undefined : Number(path[1]);
  const known = key === 'dropout' || (TENSOR_KEYS as readonly string[]).includes(key);
  if (!known || (name.includes('.') && path === null)) {
    throw new InputError(
      `Override ${JSON.stringify(name)} is not known. Use ${TENSOR_KEYS.join(', ')}, dropout or seed, ` +
        'alone or after layers.N., where N counts the dense layers.',
    );
  }
  if (layer !== undefined && layer >= network.layers.length) {
    throw new InputError(`Override ${name}: the model has dense layers 0 to ${network.layers.length - 1}.`);
  }
  return { key, layer };
}

function overrideDropout(settings: ReplicaSettings, name: string, value: Schedule, layer: number | undefined, network: Network): ReplicaSettings {
  const index = layer === undefined ? undefined : network.layers[layer]!.inputDropout?.index;
  if (network.dropouts.length === 0 || (layer !== undefined && index === undefined)) {
    throw new InputError(`Override ${name}: the model has no dropout layer there. Give it one with rate 0.`);
  }
  checkHyperparameter('dropout', value, `Override ${name}`);
  return { ...settings, dropouts: settings.dropouts.map((old, i) => (index === undefined || i === index ? value : old)) };
}

/** One override applied to one replica. A flat key reaches weights and, unless it is a penalty, biases. */
function override(
  settings: ReplicaSettings,
  name: string,
  value: Schedule,
  network: Network,
  optimizer: Optimizer,
): ReplicaSettings {
  const { key, layer } = parseKey(name, network);
  if (key === 'dropout') return overrideDropout(settings, name, value, layer, network);
  const field = settingsKey(key as TensorKey, optimizer);
  const isPenalty = field === 'l1' || field === 'l2';
  checkHyperparameter(isPenalty ? 'weightDecay' : field, value, `Override ${name}`);
  const tensors = settings.tensors.map((old, i) => {
    const tensor = network.tensors[i]!;
    const isMeant = isPenalty ? old[`${field}Reaches`] : field !== 'weightDecay' || tensor.kind === 'weight';
    return isMeant && (layer === undefined || tensor.layer === layer) ? { ...old, [field]: value } : old;
  });
  return { ...settings, tensors };
}

/** All overrides, flat keys first: a path is more precise, wherever it stands. */
export function overrideAll(
  settings: ReplicaSettings,
  overrides: Overrides,
  network: Network,
  optimizer: Optimizer,
): ReplicaSettings {
  const isPath = ([name]: [string, Schedule]): number => Number(name.includes('.'));
  return Object.entries(overrides)
    .sort((a, b) => isPath(a) - isPath(b))
    .reduce((now, [name, value]) => override(now, name, value, network, optimizer), settings);
}

const isSeed = (seed: unknown): seed is number => Number.isSafeInteger(seed) && (seed as number) >= 0;

/** @throws InputError where learning rate times weight decay reaches 1 */
export function checkDecay(settings: ReplicaSettings, network: Network): void {
  settings.tensors.forEach(({ learningRate, weightDecay }, i) => {
    const product = rangeOf(learningRate)[1] * rangeOf(weightDecay)[1];
    if (product >= 1) {
      throw new InputError(
        `${network.tensors[i]!.name}: learning rate times weight decay is ${product}; from 1 on the decay flips signs. ` +
          'Make one of them smaller.',
      );
    }
  });
}

/** Settings of every replica. @throws InputError naming the override */
export function resolveReplicas(
  network: Network,
  optimizer: Optimizer,
  seed: number,
  replicas: readonly Overrides[],
): ReplicaSettings[] {
  const base = network.tensors.map((tensor) => baseSettings(tensor, network, optimizer));
  return replicas.map(({ seed: ownSeed = seed, ...overrides }, replica) => {
    if (!isSeed(ownSeed)) {
      throw new InputError(`The seed of replica ${replica} must be a whole number from 0 to 2^53 - 1, got ${String(ownSeed)}.`);
    }
    let settings: ReplicaSettings = { seed: ownSeed, tensors: base, dropouts: network.dropouts.map(({ rate }) => rate) };
    settings = overrideAll(settings, overrides, network, optimizer);
    checkDecay(settings, network);
    return settings;
  });
}

/**
 * Which parts of the update are compiled in: every penalty that is declared, even with strength 0, and whatever is
 * on in any replica. Where it is absent its strength is 0.
 */
export function ruleOf(network: Network, optimizer: Optimizer, replicas: readonly ReplicaSettings[]): Rule {
  const declared = [
    ...optimizer.regularizers,
    ...network.layers.flatMap(({ settings }) => settings.regularizers ?? []),
  ];
  const has = (type: Regularizer['type'], rule: Regularizer['rule']): boolean =>
    declared.some((regularizer) => regularizer.type === type && regularizer.rule === rule) ||
    replicas.some(({ tensors }) =>
      tensors.some((tensor) => rangeOf(tensor[type])[1] > 0 && tensor[`${type}Rule`] === rule));
  return {
    name: optimizer.rule,
    l1Subgradient: has('l1', 'subgradient'),
    l1Proximal: has('l1', 'proximal'),
    l2Coupled: has('l2', 'coupled'),
    l2Proximal: has('l2', 'proximal'),
    weightDecay: replicas.some(({ tensors }) => tensors.some(({ weightDecay }) => rangeOf(weightDecay)[1] > 0)),
  };
}
