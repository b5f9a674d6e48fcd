/** Which value every tensor and dropout of every replica ends up with. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { resolveReplicas, ruleOf, type Overrides, type ReplicaSettings, type TensorSettings } from '../../src/model/hyperparameters.ts';
import { dense, dropout, relu, sequential, type Model } from '../../src/model/layers.ts';
import { describeNetwork } from '../../src/model/network.ts';
import { adam, adamw, sgd, type Optimizer } from '../../src/model/optimizers.ts';
import { elasticNet, l1, l2 } from '../../src/model/regularizers.ts';
import { cosine, type Schedule } from '../../src/model/schedules.ts';
import { expectFault } from '../data/helpers.ts';

const plain: Model = sequential([6], [dropout(0.1), dense(5), relu(), dropout(0.2), dense(4), relu(), dense(3)]);
const momentum = sgd({ learningRate: 0.1, momentum: 0.9, regularizers: [l1(0.01), l2(0.02)] });

function resolve(overrides: Overrides, { model = plain, optimizer = momentum }: { model?: Model; optimizer?: Optimizer } = {}): ReplicaSettings {
  return resolveReplicas(describeNetwork(model), optimizer, 1, [overrides])[0]!;
}

/** One field of weight, bias, weight, bias ... */
const field = (settings: ReplicaSettings, name: keyof TensorSettings): unknown[] => settings.tensors.map((tensor) => tensor[name]);

describe('without overrides', () => {
  test('every tensor has the optimizer\'s numbers; penalties and decay reach weights only', () => {
    const settings = resolve({}, { optimizer: sgd({ learningRate: 0.1, momentum: 0.9, dampening: 0.3, weightDecay: 0.4, regularizers: [l1(0.01), l2(0.02)] }) });
    expect(field(settings, 'learningRate')).toEqual([0.1, 0.1, 0.1, 0.1, 0.1, 0.1]);
    expect(field(settings, 'momentum')).toEqual([0.9, 0.9, 0.9, 0.9, 0.9, 0.9]);
    expect(field(settings, 'dampening')).toEqual([0.3, 0.3, 0.3, 0.3, 0.3, 0.3]);
    expect(field(settings, 'l1')).toEqual([0.01, 0, 0.01, 0, 0.01, 0]);
    expect(field(settings, 'l2')).toEqual([0.02, 0, 0.02, 0, 0.02, 0]);
    expect(field(settings, 'weightDecay')).toEqual([0.4, 0, 0.4, 0, 0.4, 0]);
    expect(settings.dropouts).toEqual([0.1, 0.2]);
  });

  test('a layer\'s own settings replace the optimizer\'s, its list of penalties as a whole', () => {
    const model = sequential([6], [
      dense(5, { learningRate: 0.5, regularizers: [l1(0.7, { rule: 'subgradient' })] }), relu(), dense(4, { weightDecay: 0.6 }), dense(3, { regularizers: [] }),
    ]);
    const settings = resolve({}, { model });
    expect(field(settings, 'learningRate')).toEqual([0.5, 0.5, 0.1, 0.1, 0.1, 0.1]);
    expect(field(settings, 'l1')).toEqual([0.7, 0, 0.01, 0, 0, 0]);
    expect(field(settings, 'l2')).toEqual([0, 0, 0.02, 0, 0, 0]);
    expect(field(settings, 'weightDecay')).toEqual([0, 0, 0.6, 0, 0, 0]);
    expect(field(settings, 'l1Rule').filter((_, i) => i % 2 === 0)).toEqual(['subgradient', 'proximal', 'proximal']);
  });
});

describe('overrides', () => {
  test.each<[keyof TensorSettings & string, number, Optimizer]>([
    ['learningRate', 0.3, momentum], ['momentum', 0.5, momentum], ['dampening', 0.25, momentum],
    ['beta2', 0.9, adam()], ['epsilon', 1e-4, adam()],
  ])('a flat %s reaches weights and biases of every layer, a path those of one', (key, value, optimizer) => {
    const [before] = field(resolve({}, { optimizer }), key);
    expect(field(resolve({ [key]: value }, { optimizer }), key)).toEqual(Array(6).fill(value));
    expect(field(resolve({ [`layers.1.${key}`]: value }, { optimizer }), key)).toEqual([before, before, value, value, before, before]);
  });

  test('beta1 is what SGD calls momentum', () => {
    expect(field(resolve({ beta1: 0.5 }, { optimizer: adam() }), 'momentum')).toEqual(Array(6).fill(0.5));
  });

  test.each(['l1', 'l2', 'weightDecay'] as const)('%s leaves biases alone', (key) => {
    expect(field(resolve({ [key]: 0.5 }), key)).toEqual([0.5, 0, 0.5, 0, 0.5, 0]);
    const before = field(resolve({}), key)[0];
    expect(field(resolve({ [`layers.2.${key}`]: 0.5 }), key)).toEqual([before, 0, before, 0, 0.5, 0]);
  });

  test.each(['l1', 'l2'] as const)('%s reaches the biases of a penalty that was declared for them', (key) => {
    const make = { l1, l2 }[key];
    const optimizer = sgd({ learningRate: 0.1, regularizers: [make(0.01, { biases: true })] });
    expect(field(resolve({}, { optimizer }), key)).toEqual(Array(6).fill(0.01));
    expect(field(resolve({ [key]: 0.5 }, { optimizer }), key)).toEqual(Array(6).fill(0.5));
    expect(field(resolve({ [`layers.0.${key}`]: 0 }, { optimizer }), key)).toEqual([0, 0, 0.01, 0.01, 0.01, 0.01]);
    const net = sgd({ learningRate: 0.1, regularizers: elasticNet({ l1: 0.01, l2: 0.02, biases: true }) });
    expect(field(resolve({ [key]: 0.5 }, { optimizer: net }), key)).toEqual(Array(6).fill(0.5));
  });

  test('a path wins over the flat key, before or after it', () => {
    const want = [0.2, 0.2, 0.7, 0.7, 0.2, 0.2];
    expect(field(resolve({ learningRate: 0.2, 'layers.1.learningRate': 0.7 }), 'learningRate')).toEqual(want);
    expect(field(resolve({ 'layers.1.learningRate': 0.7, learningRate: 0.2 }), 'learningRate')).toEqual(want);
  });

  test('dropout: all of them, or the one on a layer\'s inputs', () => {
    expect(resolve({ dropout: 0.4 }).dropouts).toEqual([0.4, 0.4]);
    expect(resolve({ 'layers.1.dropout': 0.4 }).dropouts).toEqual([0.1, 0.4]);
    expect(resolve({ 'layers.0.dropout': 0, dropout: 0.3 }).dropouts).toEqual([0, 0.3]);
  });

  test('a value may be a schedule', () => {
    expect(field(resolve({ 'layers.0.l1': cosine(0.1) }), 'l1')[0]).toEqual(cosine(0.1));
    expect(resolve({ dropout: cosine(0.5) }).dropouts).toEqual([cosine(0.5), cosine(0.5)]);
  });

  test('each replica has its own; the seed is the trainer\'s unless given', () => {
    const settings = resolveReplicas(describeNetwork(plain), momentum, 7, [{}, { seed: 9, l1: 0 }, { seed: 0 }]);
    expect(settings.map(({ seed }) => seed)).toEqual([7, 9, 0]);
    expect(settings.map((own) => field(own, 'l1')[0])).toEqual([0.01, 0, 0.01]);
  });
});

describe('refused overrides', () => {
  const noDropout = sequential([6], [dense(5), relu(), dense(3)]);
  const bare = sgd({ learningRate: 0.1 });
  test.each<[Record<string, unknown>, { model?: Model; optimizer?: Optimizer }, string[]]>([
    [{ l3: 1 }, {}, ['"l3"', 'not known', 'learningRate', 'dropout', 'seed']],
    [{ 'layers.0.units': 1 }, {}, ['"layers.0.units"', 'not known']],
    [{ 'layer.0.l1': 1 }, {}, ['"layer.0.l1"', 'not known']],
    [{ 'layers.0.seed': 1 }, {}, ['"layers.0.seed"']],
    [{ 'layers.-1.l1': 1 }, {}, ['"layers.-1.l1"']],
    [{ 'layers.3.l1': 1 }, {}, ['layers.3.l1', 'dense layers 0 to 2']],
    [{ momentum: 0.5 }, { optimizer: bare }, ['momentum', 'made without momentum', 'structure']],
    [{ beta1: 0.5 }, {}, ['beta1', 'momentum has no beta1', 'structure']],
    [{ beta2: 0.5 }, {}, ['momentum has no beta2']],
    [{ epsilon: 0.5 }, { optimizer: bare }, ['sgd has no epsilon']],
    [{ momentum: 0.5 }, { optimizer: adam() }, ['beta1']],
    [{ dampening: 0.5 }, { optimizer: adam() }, ['adam has no dampening']],
    [{ dampening: 0.5 }, { optimizer: sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }) }, ['nesterov has no dampening']],
    [{ dropout: 0.5 }, { model: noDropout }, ['dropout', 'no dropout layer', 'rate 0']],
    [{ 'layers.2.dropout': 0.5 }, {}, ['layers.2.dropout', 'no dropout layer']],
    [{ dropout: 1 }, {}, ['dropout', '[0, 1)', 'got 1']],
    [{ 'layers.1.dropout': -0.1 }, {}, ['layers.1.dropout', '-0.1']],
    [{ l1: -1 }, {}, ['l1', '0 or more', 'got -1']],
    [{ l2: NaN }, {}, ['l2', 'got NaN']],
    [{ 'layers.0.l2': Infinity }, {}, ['layers.0.l2', 'got Infinity']],
    [{ learningRate: 'fast' }, {}, ['learningRate', 'number or a schedule', '"fast"']],
    [{ learningRate: undefined }, {}, ['learningRate', 'undefined']],
    [{ learningRate: cosine(1, { final: -1 }) }, {}, ['learningRate', '"final":-1']],
    [{ momentum: 1 }, {}, ['momentum', '[0, 1)', 'got 1']],
    [{ beta1: 1 }, { optimizer: adam() }, ['beta1', 'got 1']],
    [{ epsilon: 0 }, { optimizer: adam() }, ['epsilon', '2^-126', 'got 0']],
    [{ weightDecay: 10 }, {}, ['layers.0.weight', 'learning rate times weight decay', 'smaller']],
    [{ 'layers.1.learningRate': 100 }, { optimizer: adamw() }, ['layers.1.weight', 'decay']],
    [{ seed: -1 }, {}, ['seed of replica 0', 'got -1']],
    [{ seed: 0.5 }, {}, ['seed', '2^53', 'got 0.5']],
    [{ seed: 2 ** 53 }, {}, ['seed', '9007199254740992']],
  ])('%j', async (overrides, setting, says) => {
    await expectFault(() => resolve(overrides as Record<string, Schedule>, setting), InputError, ...says);
  });
});

describe('ruleOf', () => {
  const rule = (optimizer: Optimizer, replicas: Overrides[] = [{}], model = plain): ReturnType<typeof ruleOf> => {
    const network = describeNetwork(model);
    return ruleOf(network, optimizer, resolveReplicas(network, optimizer, 1, replicas));
  };
  const nothing = { l1Subgradient: false, l1Proximal: false, l2Coupled: false, l2Proximal: false, weightDecay: false };

  test('names the update', () => {
    expect(rule(sgd({ learningRate: 0.1 }))).toEqual({ name: 'sgd', ...nothing });
    expect(rule(sgd({ learningRate: 0.1, momentum: 0.5 })).name).toBe('momentum');
    expect(rule(sgd({ learningRate: 0.1, momentum: cosine(0.5) })).name).toBe('momentum');
    expect(rule(sgd({ learningRate: 0.1, momentum: 0.5, nesterov: true })).name).toBe('nesterov');
    expect(rule(adam()).name).toBe('adam');
    expect(rule(adamw())).toEqual({ name: 'adam', ...nothing, weightDecay: true });
  });

  test('has what is declared, with strength 0 too, and what any replica or layer turns on', () => {
    const make = (...regularizers: Parameters<typeof sgd>[0]['regularizers'] & object): Optimizer => sgd({ learningRate: 0.1, regularizers });
    expect(rule(make(l1(0)))).toEqual({ name: 'sgd', ...nothing, l1Proximal: true });
    expect(rule(make(l1(0.1, { rule: 'subgradient' }), l2(0)))).toEqual({ name: 'sgd', ...nothing, l1Subgradient: true, l2Coupled: true });
    expect(rule(make(elasticNet({ l1: 0, l2: 0 })))).toEqual({ name: 'sgd', ...nothing, l1Proximal: true, l2Proximal: true });
    expect(rule(make(), [{}, { l1: 0.1 }, { weightDecay: cosine(0, { final: 0.1 }) }])).toEqual({ name: 'sgd', ...nothing, l1Proximal: true, weightDecay: true });
    const layered = sequential([6], [dense(5, { regularizers: [l2(1, { rule: 'proximal' })] }), dense(3)]);
    expect(rule(make(), [{}], layered)).toEqual({ name: 'sgd', ...nothing, l2Proximal: true });
  });
});
