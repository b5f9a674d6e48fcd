/** Which value every tensor and dropout of every replica ends up with. */
import { describe, expect, test } from 'vitest';
import { clipByGlobalNorm } from '../../src/model/clip.ts';
import { resolveReplicas, type Overrides, type ReplicaSettings } from '../../src/model/hyperparameters.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { describeNetwork } from '../../src/model/network.ts';
import { adam, ftrl, sgd, type Optimizer } from '../../src/model/optimizers/index.ts';
import {
  activityL1, activityL2, elasticNet, groupLasso, l1, l2, maxNorm, nonNegative, orthogonal, REGULARIZER_TYPES, unitNorm,
  type RegularizerType,
} from '../../src/model/regularizers.ts';
import { cosine } from '../../src/model/schedules/index.ts';
import { MAKERS, RULES, settingsOf } from './support.ts';

const plain: Model = sequential([6], [dropout(0.1), dense(5), relu(), dropout(0.2), dense(4), relu(), dense(3)]);
const momentum = sgd({ learningRate: 0.1, momentum: 0.9, regularizers: [l1(0.01), l2(0.02)] });

const resolve = (overrides: Overrides, { model = plain, optimizer = momentum }: { model?: Model; optimizer?: Optimizer } = {}): ReplicaSettings =>
  settingsOf(optimizer, overrides, model);

/** One hyperparameter, or one penalty's strength, of weight, bias, weight, bias ... */
const values = (settings: ReplicaSettings, name: string): unknown[] => settings.tensors.map((tensor) => tensor.values[name]);
const strengths = (settings: ReplicaSettings, type: RegularizerType): unknown[] => settings.tensors.map(({ penalties }) => penalties[type]!.strength);
const six = <T>(value: T): T[] => Array<T>(6).fill(value);

describe('without overrides', () => {
  test('every tensor has the optimizer\'s numbers; penalties and decay reach weights only', () => {
    const optimizer = sgd({
      learningRate: 0.1, momentum: 0.9, dampening: 0.3, weightDecay: 0.4, clip: clipByGlobalNorm(5),
      regularizers: [l1(0.01), l2(0.02), nonNegative(), maxNorm(2), groupLasso(0.03), orthogonal(0.04)],
    });
    const settings = resolve({}, { optimizer });
    expect(values(settings, 'learningRate')).toEqual(six(0.1));
    expect(values(settings, 'momentum')).toEqual(six(0.9));
    expect(values(settings, 'dampening')).toEqual(six(0.3));
    expect(values(settings, 'weightDecay')).toEqual([0.4, 0, 0.4, 0, 0.4, 0]);
    const penalties = { l1: 0.01, l2: 0.02, nonNegative: 1, maxNorm: 2, unitNorm: 0, groupLasso: 0.03, orthogonal: 0.04, activityL1: 0, activityL2: 0 };
    for (const type of REGULARIZER_TYPES) expect([type, strengths(settings, type)]).toEqual([type, [penalties[type], 0, penalties[type], 0, penalties[type], 0]]);
    expect([settings.dropouts, settings.clip]).toEqual([[0.1, 0.2], 5]);
    expect(settings.tensors.map(({ role, inputs }) => [role, inputs])).toEqual([6, 5, 4].flatMap((inputs) => [['weight', inputs], ['bias', inputs]]));
    expect(resolve({}).clip).toBe(0);
  });

  test('activity penalties reach what a layer hands to the next one: not the logits', () => {
    const settings = resolve({}, { optimizer: sgd({ learningRate: 0.1, regularizers: [activityL1(0.5), activityL2(0.25)] }) });
    expect(strengths(settings, 'activityL1')).toEqual([0.5, 0, 0.5, 0, 0, 0]);
    expect(strengths(settings, 'activityL2')).toEqual([0.25, 0, 0.25, 0, 0, 0]);
  });

  test('a layer\'s own settings replace the optimizer\'s, its list of penalties as a whole', () => {
    const model = sequential([6], [
      dense(5, { learningRate: 0.5, regularizers: [l1(0.7, { rule: 'subgradient' }), maxNorm(3)] }), relu(), dense(4, { weightDecay: 0.6 }), dense(3, { regularizers: [] }),
    ]);
    const settings = resolve({}, { model });
    expect(values(settings, 'learningRate')).toEqual([0.5, 0.5, 0.1, 0.1, 0.1, 0.1]);
    expect(strengths(settings, 'l1')).toEqual([0.7, 0, 0.01, 0, 0, 0]);
    expect(strengths(settings, 'l2')).toEqual([0, 0, 0.02, 0, 0, 0]);
    expect(strengths(settings, 'maxNorm')).toEqual([3, 0, 0, 0, 0, 0]);
    expect(values(settings, 'weightDecay')).toEqual([0, 0, 0.6, 0, 0, 0]);
    expect(settings.tensors.map(({ penalties }) => penalties.l1!.rule).filter((_, i) => i % 2 === 0)).toEqual(['subgradient', 'proximal', 'proximal']);
  });

  test('each replica has its own; the seed is the trainer\'s unless given', () => {
    const settings = resolveReplicas(describeNetwork(plain), momentum, 7, [{}, { seed: 9, l1: 0 }, { seed: 0 }]);
    expect(settings.map(({ seed }) => seed)).toEqual([7, 9, 0]);
    expect(settings.map((own) => strengths(own, 'l1')[0])).toEqual([0.01, 0, 0.01]);
  });
});

/** The names each rule has, besides learningRate and weightDecay, and a value that each takes. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  sgd: [], momentum: ['momentum', 'dampening'], nesterov: ['momentum'],
  adagrad: ['learningRateDecay', 'epsilon', 'epsilonRoot', 'initialAccumulator'],
  rmsprop: ['alpha', 'epsilon', 'epsilonRoot'], rmspropCentered: ['alpha', 'epsilon', 'epsilonRoot'],
  rmspropMomentum: ['alpha', 'epsilon', 'epsilonRoot', 'momentum'], rmspropCenteredMomentum: ['alpha', 'epsilon', 'epsilonRoot', 'momentum'],
  adadelta: ['rho', 'epsilon'],
  adam: ['beta1', 'beta2', 'epsilon', 'epsilonRoot', 'epsilonHat'], amsgrad: ['beta1', 'beta2', 'epsilon', 'epsilonRoot', 'epsilonHat'],
  adamax: ['beta1', 'beta2', 'epsilon'], nadam: ['beta1', 'beta2', 'epsilon', 'momentumDecay'],
  lion: ['beta1', 'beta2'], lamb: ['beta1', 'beta2', 'epsilon'], lars: ['momentum', 'trustCoefficient', 'epsilon'],
  ftrl: ['beta', 'initialAccumulator'],
};
const VALUES: Readonly<Record<string, number>> = {
  learningRate: 0.3, momentum: 0.5, dampening: 0.25, learningRateDecay: 0.125, epsilon: 1e-4, epsilonRoot: 1e-5, initialAccumulator: 0.75,
  alpha: 0.95, rho: 0.85, beta1: 0.7, beta2: 0.97, epsilonHat: 1, momentumDecay: 0.5, trustCoefficient: 0.01, beta: 2,
};

describe('a hyperparameter as override', () => {
  test('the names are all there are', () => {
    expect(Object.keys(OWN).toSorted()).toEqual(RULES.toSorted());
    expect(new Set(['learningRate', ...Object.values(OWN).flat()])).toEqual(new Set(Object.keys(VALUES)));
  });

  test.each(RULES)('%s takes its own names, flat and by path, and no others', (rule) => {
    const optimizer = MAKERS[rule]();
    for (const [name, value] of Object.entries(VALUES)) {
      if (name !== 'learningRate' && !OWN[rule]!.includes(name)) {
        expect(() => resolve({ [name]: value }, { optimizer })).toThrow(`Override "${name}" is not known. ${rule} has learningRate, weightDecay`);
        expect(() => resolve({ [`layers.0.${name}`]: value }, { optimizer })).toThrow('is not known');
        continue;
      }
      const [before] = values(resolve({}, { optimizer }), name);
      expect(before).toBe(optimizer.hyperparameters[name]);
      expect(before).not.toBe(value);
      expect(values(resolve({ [name]: value }, { optimizer }), name)).toEqual(six(value));
      expect(values(resolve({ [`layers.1.${name}`]: value }, { optimizer }), name)).toEqual([before, before, value, value, before, before]);
    }
  });

  test.each(RULES.filter((rule) => rule !== 'ftrl'))('weightDecay of %s leaves biases alone', (rule) => {
    const optimizer = MAKERS[rule]();
    expect(values(resolve({ weightDecay: 0.5 }, { optimizer }), 'weightDecay')).toEqual([0.5, 0, 0.5, 0, 0.5, 0]);
    expect(values(resolve({ 'layers.2.weightDecay': 0.5 }, { optimizer }), 'weightDecay')).toEqual([0, 0, 0, 0, 0.5, 0]);
  });

  test('a path wins over the flat key, before or after it', () => {
    const want = [0.2, 0.2, 0.7, 0.7, 0.2, 0.2];
    expect(values(resolve({ learningRate: 0.2, 'layers.1.learningRate': 0.7 }), 'learningRate')).toEqual(want);
    expect(values(resolve({ 'layers.1.learningRate': 0.7, learningRate: 0.2 }), 'learningRate')).toEqual(want);
  });

  test('a value may be a schedule, a flag 0 or 1', () => {
    expect(values(resolve({ momentum: cosine(0.5) }), 'momentum')).toEqual(six(cosine(0.5)));
    expect(values(resolve({ epsilonHat: 0 }, { optimizer: adam({ epsilonHat: true }) }), 'epsilonHat')).toEqual(six(0));
    expect(values(resolve({ weightDecay: 0 }, { optimizer: ftrl({ learningRate: 0.1 }) }), 'weightDecay')).toEqual(six(0));
  });
});

describe('a penalty as override', () => {
  const onWeights = (value: unknown): unknown[] => [value, 0, value, 0, value, 0];

  test.each<[RegularizerType, number, unknown[]]>([
    ['l1', 0.5, onWeights(0.5)], ['l2', 0.5, onWeights(0.5)], ['nonNegative', 1, onWeights(1)], ['maxNorm', 2.5, onWeights(2.5)],
    ['unitNorm', 1, onWeights(1)], ['groupLasso', 0.5, onWeights(0.5)], ['orthogonal', 0.5, onWeights(0.5)],
    ['activityL1', 0.5, [0.5, 0, 0.5, 0, 0, 0]], ['activityL2', 0.5, [0.5, 0, 0.5, 0, 0, 0]],
  ])('%s, flat and by path, declared or not', (type, value, want) => {
    const optimizer = sgd({ learningRate: 0.1 });
    expect(strengths(resolve({ [type]: value }, { optimizer }), type)).toEqual(want);
    expect(strengths(resolve({ [`layers.1.${type}`]: value }, { optimizer }), type)).toEqual([0, 0, value, 0, 0, 0]);
    // Only that one.
    for (const other of REGULARIZER_TYPES.filter((one) => one !== type)) {
      expect(strengths(resolve({ [type]: value }, { optimizer }), other)).toEqual(six(0));
    }
  });

  test('declared ones are replaced, and 0 turns them off: no bound for max-norm', () => {
    const optimizer = sgd({ learningRate: 0.1, regularizers: [l1(0.01), maxNorm(2), unitNorm(), nonNegative()] });
    const off = resolve({ l1: 0, maxNorm: 0, unitNorm: 0, nonNegative: 0 }, { optimizer });
    for (const type of REGULARIZER_TYPES) expect(strengths(off, type)).toEqual(six(0));
    expect(strengths(resolve({ 'layers.0.maxNorm': 0, maxNorm: 3 }, { optimizer }), 'maxNorm')).toEqual([0, 0, 3, 0, 3, 0]);
    expect(strengths(resolve({ 'layers.0.l1': cosine(0.1) }, { optimizer }), 'l1')).toEqual([cosine(0.1), 0, 0.01, 0, 0.01, 0]);
  });

  test.each(['l1', 'l2'] as const)('%s reaches the biases of a penalty that was declared for them', (key) => {
    const make = { l1, l2 }[key];
    const optimizer = sgd({ learningRate: 0.1, regularizers: [make(0.01, { biases: true })] });
    expect(strengths(resolve({}, { optimizer }), key)).toEqual(six(0.01));
    expect(strengths(resolve({ [key]: 0.5 }, { optimizer }), key)).toEqual(six(0.5));
    expect(strengths(resolve({ [`layers.0.${key}`]: 0 }, { optimizer }), key)).toEqual([0, 0, 0.01, 0.01, 0.01, 0.01]);
    const net = sgd({ learningRate: 0.1, regularizers: elasticNet({ l1: 0.01, l2: 0.02, biases: true }) });
    expect(strengths(resolve({ [key]: 0.5 }, { optimizer: net }), key)).toEqual(six(0.5));
  });

  test('keeps the rule and the size of the declared one', () => {
    const optimizer = sgd({ learningRate: 0.1, regularizers: [l1(0, { rule: 'cumulative' }), groupLasso(0, { sqrtSize: false })] });
    const [weight] = resolve({ l1: 0.5, groupLasso: 0.25 }, { optimizer }).tensors;
    expect(weight!.penalties.l1).toMatchObject({ strength: 0.5, rule: 'cumulative' });
    expect(weight!.penalties.groupLasso).toMatchObject({ strength: 0.25, sqrtSize: false });
  });
});

describe('the other overrides', () => {
  test('dropout: all of them, or the one on a layer\'s inputs', () => {
    expect(resolve({ dropout: 0.4 }).dropouts).toEqual([0.4, 0.4]);
    expect(resolve({ 'layers.1.dropout': 0.4 }).dropouts).toEqual([0.1, 0.4]);
    expect(resolve({ 'layers.0.dropout': 0, dropout: 0.3 }).dropouts).toEqual([0, 0.3]);
    expect(resolve({ dropout: cosine(0.5) }).dropouts).toEqual([cosine(0.5), cosine(0.5)]);
  });

  test('clip: the threshold of the optimizer\'s', () => {
    const optimizer = sgd({ learningRate: 0.1, clip: clipByGlobalNorm(5) });
    expect(resolve({ clip: 0.25 }, { optimizer }).clip).toBe(0.25);
    expect(resolve({ clip: cosine(2, { final: 1 }) }, { optimizer }).clip).toEqual(cosine(2, { final: 1 }));
  });
});
