/** Models of the functional form through a trainer: what stays frozen, what is tied, what ends in an activation, and what is refused. */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { dataset } from '../../src/data/dataset.ts';
import {
  activityL1, add, binaryCrossEntropy, clipByGlobalNorm, concatenate, dense, dropout, ema, input, l1, maxNorm, meanSquaredError, model, orthogonal, prelu, relu, sequential, sgd,
  sigmoid, slice, softmax, softmaxCrossEntropy, tanh, tied, Trainer, type Layer, type Model, type TrainerConfig, type Value,
} from '../../src/index.ts';
import { namedOptimizer } from '../../src/model/optimizers/named.ts';
import { describeNetwork } from '../../src/model/network.ts';
import { prepare } from '../../src/train/prepare.ts';
import { trainOps } from '../../src/compile/ops.ts';
import { EPSILON, expectClose } from '../cases/compare.ts';
import { fitAll, smallConfig, smallData, tensorBits, trainingData, validationData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();

const frozenModel = (): Model => sequential([13], [dense(11), relu(), dense(9, { frozen: true }), relu(), dense(5)]);
const begun = (config: TrainerConfig): Promise<Record<string, number[]>> => withTrainer(device(), config, (trainer) => tensorBits(trainer));
const trained = (config: TrainerConfig): Promise<Record<string, number[]>> => withTrainer(device(), config, async (trainer) => {
  await fitAll(trainer, trainingData(), { epochs: 1 });
  return tensorBits(trainer);
});

describe('frozen layers', () => {
  test.each(['sgd', 'momentum', 'adam', 'ftrl', 'lamb'] as const)('%s: they keep their bits, and the others do not', async (name) => {
    const clip = ['lars', 'lamb'].includes(name) ? {} : { clip: clipByGlobalNorm(1) };
    for (const more of [{}, { averaging: ema(0.9), accumulate: 2 }] as Partial<TrainerConfig>[]) {
      const config = smallConfig({ model: frozenModel(), fusion: more.averaging || ['lars', 'lamb'].includes(name) ? 'none' : 'full', optimizer: namedOptimizer(name, { learningRate: 0.05, ...(more.averaging ? clip : {}) }), replicas: [{}], ...more });
      const before = await begun(config), after = await trained(config);
      for (const [tensor, bits] of Object.entries(after)) {
        if (tensor.includes('layers.1.')) expect(bits, tensor).toEqual(before[tensor]);
        else expect(bits, tensor).not.toEqual(before[tensor]);
      }
    }
  });

  test('no rule on weights reaches them', async () => {
    const regularizers = [l1(0.5), maxNorm(0.1), orthogonal(0.1)], config = smallConfig({ model: frozenModel(), fusion: 'none', optimizer: sgd({ learningRate: 0.05, regularizers }), replicas: [{}] });
    expect((await trained(config))['layers.1.weight']).toEqual((await begun(config))['layers.1.weight']);
  });

  test('the penalty that is reported is that of the others', async () => {
    const strength = 2 ** -7, config = smallConfig({ model: frozenModel(), optimizer: sgd({ learningRate: 0.05, regularizers: [l1(strength)] }), replicas: [{}] });
    await withTrainer(device(), config, async (trainer) => {
      const [epoch] = await fitAll(trainer, trainingData(), { epochs: 1 }), tensors = await trainer.parameters();
      const sum = (name: string): number => tensors.get(name)!.reduce((all, w) => all + Math.abs(w), 0);
      expectClose('penalty', [epoch!.penalty], [strength * (sum('layers.0.weight') + sum('layers.2.weight'))], 64 * EPSILON, 0);
      expect(sum('layers.1.weight')).toBeGreaterThan(1);
    });
  });

  test.each<[string, Partial<TrainerConfig>]>([
    ['a clip by the global norm', { optimizer: sgd({ learningRate: 0.05, clip: clipByGlobalNorm(0.01) }) }],
    ['updates left out where they are not finite', { optimizer: sgd({ learningRate: 0.05 }), onNonFinite: 'skip' }],
  ])('the self-test leaves nothing behind that %s would see', async (_, more) => {
    const config = smallConfig({ model: frozenModel(), fusion: 'none', replicas: [{}], ...more }), want = await trained({ ...config, verify: 'off' });
    expect(want).not.toEqual(await begun(config));
    await withTrainer(device(), { ...config, verify: 'off' }, async (trainer) => {
      expect((await trainer.verify(trainingData())).ok).toBe(true);
      await fitAll(trainer, trainingData(), { epochs: 1 });
      expect(await tensorBits(trainer)).toEqual(want);
    });
  });

  test('gradients go through them to what lies below, and no further than anything learns', () => {
    const products = (...layers: Layer[]): string[] => trainOps(prepare(smallConfig({ model: sequential([13], layers) }), 'software').build, 'train').ops.map(({ label }) => label).filter((label) => label.endsWith('gradient'));
    const held = dense(9, { frozen: true });
    expect(products(dense(11), relu(), held, relu(), dense(5))).toEqual([
      'loss and logits gradient', 'layers.2 input gradient', 'layers.1 input gradient', 'layers.0 weight gradient', 'layers.0 bias gradient', 'layers.2 weight gradient', 'layers.2 bias gradient',
    ]);
    expect(products(held, relu(), dense(5))).toEqual(['loss and logits gradient', 'layers.1 weight gradient', 'layers.1 bias gradient']);
  });

  test('settings and overrides of an update that there is not are refused; those of activations are not', () => {
    expect(() => dense(3, { frozen: true, learningRate: 0.1 })).toThrow('dense: a frozen layer is not updated, so learningRate means nothing.');
    expect(() => dense(3, { frozen: true, regularizers: [l1(0.1)] })).toThrow(/regularizers means nothing/);
    expect(dense(3, { frozen: true, regularizers: [activityL1(0.1)] })).toMatchObject({ frozen: true });
    const own = (overrides: object) => () => prepare(smallConfig({ model: frozenModel(), replicas: [overrides as never] }), 'software');
    expect(own({ 'layers.1.learningRate': 0.1 })).toThrow(/layers\.1\.learningRate: that layer is frozen/);
    expect(own({ 'layers.1.l1': 0.1 })).toThrow(/that layer is frozen/);
    expect(own({ learningRate: 0.1 })).not.toThrow();
  });
});

const autoencoder = (x: Value): Value => {
  const outer = dense(7, { activation: tanh() });
  return x.to(outer, tied(outer, { transposed: true }));
};
const own = dataset({ inputs: smallData(45).inputs as Uint8Array, scale: 1 / 255, shape: [13], targets: 'inputs' });

describe('tied layers', () => {
  test('parameters are those of the first, and a transposed one has its biases; files have them so', async () => {
    const config = smallConfig({ model: model(autoencoder(input([13]))), loss: meanSquaredError(), optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), replicas: [{}] });
    await withTrainer(device(), config, async (trainer) => {
      expect([...(await trainer.parameters())].map(([name, { shape }]) => [name, shape])).toEqual([
        ['layers.0.weight', [7, 13]], ['layers.0.bias', [7]], ['layers.1.bias', [13]],
      ]);
      await trainer.fit(own, { epochs: 1 });
      const file = await trainer.save(), loaded = await Trainer.load(device(), file);
      try {
        await trainer.fit(own, { epochs: 3 });
        await loaded.fit(own, { epochs: 3 });
        expect(await tensorBits(loaded)).toEqual(await tensorBits(trainer));
        expect((await loaded.verify(own)).ok).toBe(true);
      } finally {
        loaded.destroy();
      }
    });
  });

  test('a model written by hand is saved as it is understood', async () => {
    const outer = dense(7, { activation: prelu() }), layers = [outer, tied(outer, { transposed: true })];
    const config = smallConfig({ model: { inputShape: [13], layers }, loss: meanSquaredError(), optimizer: namedOptimizer('ftrl', {}), replicas: [{}] });
    await withTrainer(device(), config, async (trainer) => {
      await trainer.fit(own, { epochs: 1 });
      const loaded = await Trainer.load(device(), await trainer.save());
      try {
        expect(await tensorBits(loaded)).toEqual(await tensorBits(trainer));
        expect(loaded.config.model).toEqual(sequential([13], layers));
      } finally {
        loaded.destroy();
      }
    });
  });

  test('rules of the weight are those of its own layer', () => {
    const outer = dense(7), of = (overrides: object) => () => prepare(smallConfig({ model: sequential([13], [outer, relu(), tied(outer, { transposed: true })]), loss: meanSquaredError(), replicas: [overrides as never] }), 'software');
    for (const key of ['l1', 'l2', 'maxNorm', 'weightDecay', 'activityL1']) expect(of({ [`layers.1.${key}`]: 0.01 }), key).toThrow(/layers\.1/);
    expect(of({ 'layers.1.learningRate': 0.1, 'layers.0.l1': 0.01 })).not.toThrow();
  });

  test('weights begin as what is right behind them asks, not what is behind a tied layer', () => {
    const outer = dense(3);
    expect(describeNetwork(sequential([4], [outer, tied(outer, { transposed: true }), sigmoid()])).tensors[0]!.init.type).toBe('heNormal');
  });

  test('sequential takes them too, with activations in their dense layers', () => {
    const outer = dense(7, { activation: tanh() }), inner = dense(3, { activation: relu() });
    const made = sequential([13], [outer, inner, tied(inner, { transposed: true }), relu(), tied(outer, { transposed: true })]);
    expect(made.layers.map((layer) => (layer.type === 'tied' ? layer.of : layer.type))).toEqual(['dense', 'tanh', 'dense', 'relu', 2, 'relu', 0]);
    expect(describeNetwork(made).tensors.map(({ name }) => name)).toEqual(['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias', 'layers.2.bias', 'layers.3.bias']);
  });

  test('a summary names them', async () => {
    const shared = dense(11), x = input([13]), h = x.to(dense(11, { frozen: true }), shared), both = concatenate(h, h.to(relu(), tied(shared)));
    await withTrainer(device(), smallConfig({ model: model(both.to(dense(5))), replicas: [{}] }), async (trainer) => {
      expect(trainer.summary()).toMatch(/dense \(layers\.0, frozen\)/);
      expect(trainer.summary()).toMatch(/tied to 1 .*\(layers\.1\)/);
      expect(trainer.summary()).toMatch(/concatenate of 1, 3/);
      // What is used again is counted once.
      expect(trainer.summary()).toMatch(/tied to 1 .* 0\n/);
    });
  });
});

describe('outputs', () => {
  const bits = async (layers: readonly Layer[], changes: Partial<TrainerConfig>, data = trainingData()): Promise<unknown> => {
    const config = smallConfig({ model: sequential([13], layers), replicas: [{}], ...changes });
    return withTrainer(device(), config, async (trainer) => {
      await trainer.fit(data, { epochs: 2 });
      return { tensors: await tensorBits(trainer), probabilities: [...await trainer.predict(validationData()) as Float32Array] };
    });
  };
  const labels = dataset({ inputs: smallData(45).inputs as Uint8Array, scale: 1 / 255, shape: [13], targets: Float32Array.from({ length: 45 * 3 }, (_, i) => Number(i % 5 > 2)), targetWidth: 3 });

  test('softmax() and sigmoid() are said, and change no bit', async () => {
    const below = [dense(9), tanh(), dense(5)];
    expect(await bits([...below, softmax()], {})).toEqual(await bits(below, {}));
    const init = { type: 'heNormal' } as const, others = [dense(9), tanh(), dense(3, { init })];
    expect(await bits([...others, sigmoid()], { loss: binaryCrossEntropy() }, labels as never)).toEqual(await bits(others, { loss: binaryCrossEntropy() }, labels as never));
  });

  test('a model may end in an activation, for losses of values', async () => {
    const made = await bits([dense(9), tanh(), dense(3), sigmoid()], { loss: meanSquaredError() }, labels as never) as { probabilities: number[] };
    expect(made.probabilities.every((p) => p > 0 && p < 1)).toBe(true);
  });

  test.each<[string, readonly Layer[], Partial<TrainerConfig>, RegExp]>([
    ['softmax() before another loss', [dense(3), softmax()], { loss: meanSquaredError() }, /takes values, and the model ends in softmax\(\)\. Take softmaxCrossEntropy/],
    ['ReLU before logits', [dense(3), relu()], { loss: softmaxCrossEntropy() }, /takes logits of classes, and the model ends in relu\(\)\. Leave that out, or end in softmax\(\)/],
    ['tanh before logits of labels', [dense(3), tanh()], { loss: binaryCrossEntropy() }, /takes logits of labels, and the model ends in tanh\(\)\. Leave that out, or end in sigmoid\(\)/],
  ])('%s is refused', (_, layers, changes, message) => {
    expect(() => prepare(smallConfig({ model: sequential([13], layers), ...changes }), 'software')).toThrow(InputError);
    expect(() => prepare(smallConfig({ model: sequential([13], layers), ...changes }), 'software')).toThrow(message);
  });
});

describe('values', () => {
  test('make the same model as one written by hand', () => {
    const x = input([13]), h = x.to(dense(8, { activation: relu() }));
    expect(model(add(h, h.to(dropout(0.5), dense(8))).to(dense(5)))).toEqual({
      inputShape: [13], layers: [{ type: 'dense', units: 8 }, { type: 'relu' }, { type: 'dropout', rate: 0.5 }, { type: 'dense', units: 8 }, { type: 'add' }, { type: 'dense', units: 5 }],
      inputs: [[-1], [0], [1], [2], [1, 3], [4]],
    });
  });

  test('branches that lead nowhere are left out', () => {
    const x = input([13]);
    x.to(dense(100));
    expect(model(x.to(dense(5))).layers).toEqual([{ type: 'dense', units: 5 }]);
  });

  const shared = dense(7);
  test.each<[string, () => unknown, RegExp]>([
    ['no layer', () => input([13]).to(), /^to: give one layer or more/],
    ['a sum of one', () => add(input([13])), /^add takes 2 or more values .* got 1/],
    ['a sum of numbers', () => add(1 as never, 2 as never), /^add takes 2 or more values .* got 1\./],
    ['no value', () => model(undefined as never), /^model takes a value that input\(shape\) and layers make/],
    ['a layer as a value', () => model(dense(3) as never), /^model takes a value/],
    ['two inputs', () => model(concatenate(input([3]), input([4])).to(dense(5))), /^model: the output is made of 2 inputs\. Make one input\(shape\) of all elements, and take its parts by slice/],
    ['a sum of two sizes', () => { const x = input([13]); return model(add(x, x.to(dense(3))).to(dense(5))); }, /joins \[13\] and \[3\]/],
    ['a slice beyond the end', () => model(input([13]).to(slice(3, 14), dense(5))), /slice\(3, 14\) reaches beyond the 13 elements/],
    ['tied to a stranger', () => model(input([13]).to(tied(shared))), /tied to a layer that the model has not: give the same object in both places/],
    ['tied to two', () => model(input([7]).to(shared, shared, tied(shared))), /tied to a layer that the model has 2 times/],
    ['tied to another size', () => model(input([13]).to(shared, tied(shared))), /layer 1 \(tied\) takes 13 values, as many as layer 0 takes, got 7/],
    ['tied transposed to another size', () => model(input([13]).to(shared, dense(4), tied(shared, { transposed: true }))), /layer 2 \(tied\) takes 7 values, as many as layer 0 makes, got 4/],
    ['tied to what is no layer', () => tied(relu() as never), /tied: layer must be made by dense\(units\)/],
    ['biases that are the other\'s', () => tied(shared, { biasInit: { type: 'zeros' } }), /biasInit is for a transposed layer/],
    ['a place behind', () => sequential([7], [{ type: 'tied', of: 1 }, dense(7)]), /layer 0 \(tied\) is tied to layer 1, which is no dense layer before it/],
    ['a slice of nothing', () => slice(3, 3), /slice: end must be above start, 3, got 3/],
  ])('%s is refused', (_, work, message) => {
    expect(work).toThrow(InputError);
    expect(work).toThrow(message);
  });
});
