/** PReLU as users write it, and what a network makes of it. Nothing here needs a GPU. */
import { describe, expect, test } from 'vitest';
import { knowEverything } from '../../src/compile/all.ts';
import { InputError } from '../../src/errors.ts';
import { add, dense, dropout, prelu, relu, type Prelu } from '../../src/model/layers/index.ts';
import { constant, identity, randomUniform } from '../../src/model/inits/makers.ts';
import { loadInitsOf } from '../../src/model/inits/load.ts';
import { resolveReplicas } from '../../src/model/hyperparameters.ts';
import { mlp } from '../../src/model/mlp.ts';
import { checkModel, sequential, type Model } from '../../src/model/model.ts';
import { describeNetwork, unitWeights } from '../../src/model/network.ts';
import { adamw, sgd } from '../../src/model/optimizers/index.ts';
import { l1, l2, nonNegative } from '../../src/model/regularizers.ts';
import { planOf } from '../../src/train/estimate.ts';
import { softmaxCrossEntropy } from '../../src/model/losses/makers.ts';
import { initialParameters } from '../../src/compile/init.ts';

knowEverything();

const model = sequential([7], [dense(5), prelu({ per: 'unit', init: 0.125 }), dropout(0.5), dense(3), prelu(), dense(2)]);
const NAMES = ['layers.0.weight', 'layers.0.bias', 'layers.1.slope', 'layers.2.weight', 'layers.2.bias', 'layers.3.slope', 'layers.4.weight', 'layers.4.bias'];

test('is plain data', () => {
  expect(prelu()).toEqual({ type: 'prelu', init: { type: 'constant', value: 0.25 } });
  expect(prelu({ per: 'unit', init: randomUniform(0, 0.5) })).toEqual({ type: 'prelu', per: 'unit', init: { type: 'randomUniform', low: 0, high: 0.5 } });
  expect(checkModel(JSON.parse(JSON.stringify(model)) as Model)).toEqual(model);
  expect(sequential([4], [dense(3, { activation: prelu() }), dense(2)])).toEqual(sequential([4], [dense(3), prelu(), dense(2)]));
  expect(mlp([4], [3, 2], { activation: 'prelu' }).layers).toEqual([{ type: 'dense', units: 3 }, { type: 'prelu' }, { type: 'dense', units: 2 }]);
});

test.each<readonly [string, () => unknown, readonly string[]]>([
  ['another per', () => prelu({ per: 'column' as never }), ['prelu: per', 'column']],
  ['an init that is none', () => prelu({ init: 'constant' as never }), ['prelu: init', 'heNormal()']],
  ['NaN', () => prelu({ init: NaN }), ['prelu: init', 'NaN', 'randomUniform(0, 0.5)']],
  ['a number beyond f32', () => prelu({ init: 1e39 }), ['prelu: init']],
  ['a matrix', () => prelu({ init: identity() }), ['identity', 'slopes are none']],
  ['an option of another', () => prelu({ slope: 0.1 } as never), ['prelu', 'slope']],
  ['a number written by hand', () => checkModel({ inputShape: [2], layers: [dense(2), { type: 'prelu', init: 0.1 } as never, dense(2)] }), ['prelu: init', '0.1']],
  ['a penalty on it', () => resolve([{ 'layers.1.l2': 0.1 }], sgd({ learningRate: 0.1, regularizers: [l2(0.1)] })), ['layers.1', 'l2', 'slopes alone']],
  ['decay of it', () => resolve([{ 'layers.1.weightDecay': 0.1 }]), ['layers.1', 'weightDecay', 'slopes alone']],
  ['a layer beyond', () => resolve([{ 'layers.5.learningRate': 0.1 }]), ['0 to 4']],
])('is refused: %s', (_, made, words) => {
  expect(made).toThrow(InputError);
  for (const word of words) expect(made).toThrow(word);
});

const resolve = (replicas: Parameters<typeof resolveReplicas>[3], optimizer = sgd({ learningRate: 0.1 })): ReturnType<typeof resolveReplicas> =>
  resolveReplicas(describeNetwork(model), optimizer, 1, replicas);

describe('in a network', () => {
  const network = describeNetwork(model);

  test('slopes are tensors of their own, counted, and begin as they are told', () => {
    expect(network.tensors.map(({ name }) => name)).toEqual(NAMES);
    expect(network.tensors.filter(({ role }) => role === 'slope').map(({ shape }) => shape)).toEqual([[5], [1]]);
    expect(network.parameters).toBe(7 * 5 + 5 + 5 + 5 * 3 + 3 + 1 + 3 * 2 + 2);
    const all = initialParameters(network, 3), [unit, one] = network.tensors.filter(({ role }) => role === 'slope');
    expect([...all.slice(unit!.offset, unit!.offset + 8)]).toEqual([0.125, 0.125, 0.125, 0.125, 0.125, 0, 0, 0]);
    expect([...all.slice(one!.offset, one!.offset + 4)]).toEqual([0.25, 0, 0, 0]);
  });

  test('weights begin as behind ReLU', () => {
    expect(network.tensors.filter(({ role }) => role === 'weight').map(({ init }) => init.type)).toEqual(['heNormal', 'heNormal', 'heNormal']);
  });

  test('rules on units see weights alone', () => {
    expect(unitWeights(network, []).map(({ tensor }) => network.tensors[tensor]!.role)).toEqual(['weight', 'weight', 'weight']);
  });

  test('neither decay nor penalties reach slopes, also where biases are asked for; rates do', () => {
    const [settings] = resolve([{ learningRate: 0.5, 'layers.3.learningRate': 0.125, weightDecay: 0.25 }], adamw({ learningRate: 0.1, regularizers: [l1(0.1, { biases: true }), nonNegative({ biases: true })] }));
    network.tensors.forEach(({ role, name }, i) => {
      const { values, penalties } = settings!.tensors[i]!;
      expect([name, values['weightDecay'], penalties.l1!.strength, penalties.nonNegative!.strength, values['learningRate']])
        .toEqual([name, role === 'weight' ? 0.25 : 0, role === 'slope' ? 0 : 0.1, role === 'slope' ? 0 : 1, name === 'layers.3.slope' ? 0.125 : 0.5]);
    });
  });

  test('behind a join, it is a map that reads parameters', () => {
    const joined: Model = { inputShape: [4], layers: [dense(4), add(), prelu(), dense(2)], inputs: [[-1], [0, -1], [1], [2]] };
    const { dispatches } = planOf({ model: joined, loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 8 }, 'software');
    // The sum is what it is made from, and stays.
    const [sum, activated] = dispatches.filter(({ kernel }) => kernel === 'map').map(({ bindings }) => bindings.map(({ name }) => name));
    expect([sum, activated]).toEqual([['rows', 'input', 'other', 'stored', 'output'], ['rows', 'input', 'other', 'stored', 'output', 'parameters']]);
  });
});

test.each(['none', 'layer', 'full'] as const)('a plan keeps gradients where slopes are learned, and says so: fusion %s', (fusion) => {
  const config = { model, loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 8, fusion };
  const { dispatches, notes } = planOf(config, 'software'), kernels = dispatches.map(({ kernel }) => kernel);
  // One slope for all is behind its total, one for each unit behind the sums that biases take, too.
  expect(kernels.filter((kernel) => kernel === 'slope-gradient').length).toBe(2);
  expect(kernels.filter((kernel) => kernel === 'slope-total').length).toBe(1);
  expect(kernels.filter((kernel) => kernel === 'bias-gradient').length).toBe(4);
  expect(kernels.at(-1)).toBe('update');
  if (fusion !== 'none') expect(notes.find(({ rule }) => rule === 'update-in-epilogue')).toMatchObject({ fired: false, why: 'layers.3 has learned slopes, whose gradient is kept' });
});

test('a model that a file names brings what its slopes begin as', async () => {
  const named = (layer: unknown): Promise<void> => loadInitsOf({ layers: [{ type: 'dense', units: 2 }, layer] });
  await named({ type: 'prelu' } satisfies Prelu);
  await named({ type: 'dense', units: 3, activation: { type: 'prelu', init: constant(0.5) } });
  expect(describeNetwork(sequential([2], [dense(2), { type: 'prelu' }, relu(), dense(1)])).tensors[2]!.init).toEqual({ type: 'constant', value: 0.25 });
});
