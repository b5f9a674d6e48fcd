/** Every public function refuses bad input before any work: what was wanted, what came, and (where it is not plain) what to do. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as library from '../../src/index.ts';
import {
  BadFileError, InputError, OutOfMemoryError, Trainer, adam, adamw, cosine, dataset, dense, dropout, elasticNet, estimateMemory, groupLasso, l1, l2,
  balance, fromRows, loadCsv, loadIdx, mnist, nadam, planOf, prepareRows, readParameters, relu, sequential, sgd, shuffleTargets, softmax, softmaxCrossEntropy, split, subset,
  type Dataset, type TrainerConfig,
} from '../../src/index.ts';
import { ACTIVATIONS } from '../../src/kernels/activations/all.ts';
import { smallConfig, smallData } from '../cases/network/support.ts';
import { expectFault } from '../data/helpers.ts';
import { useDevice } from '../train/device.ts';

const device = useDevice();
/** Callers without types pass anything. */
const any = (value: unknown): never => value as never;
const small = smallData(10);
const config = smallConfig();
const tile = { rowBlocks: 1, columnBlocks: 1, workgroupX: 8, workgroupY: 8 } as const;

type ErrorClass = new (...args: never[]) => Error;
/** What is wrong, the call, what its message says, and its class unless that is InputError. */
type Row = readonly [string, () => unknown, readonly string[], ErrorClass?];

const MODEL: Readonly<Record<string, readonly Row[]>> = {
  sequential: [
    ['no shape', () => sequential(any(undefined), [dense(2)]), ['input shape', 'undefined']],
    ['a number as shape', () => sequential(any(784), [dense(2)]), ['input shape', 'list', '[784], got 784']],
    ['a zero in the shape', () => sequential([28, 0], [dense(2)]), ['whole numbers of 1 or more', '[28,0]']],
    ['no list of layers', () => sequential([4], any(dense(2))), ['layers', 'list', '"dense"']],
    ['a layer of another library', () => sequential([4], [any({ type: 'conv2d' })]), ['layer 0', 'dense(units)', 'conv2d']],
    ['a layer that is none', () => sequential([4], [dense(2), any(undefined)]), ['layer 1', 'dense(units)', 'undefined']],
    ['a function in place of a layer', () => sequential([4], [dense(2), any(relu), dense(2)]), ['layer 1', 'relu()']],
    ['an end that drops', () => sequential([4], [dense(2), dropout(0.1)]), ['last layer must not be dropout', 'output']],
    ['nothing to train', () => sequential([4], [relu()]), ['there must be a dense layer']],
    ['nothing left to train', () => sequential([4], [dense(2, { frozen: true })]), ['frozen', 'nothing is left to train']],
    ['an output in the middle', () => sequential([4], [dense(2), softmax(), dense(2)]), ['layer 1 (softmax)', 'end of a model']],
  ],
  dense: [
    ['no units', () => dense(any(undefined)), ['units', '1 or more', 'undefined']],
    ['half a unit', () => dense(0.5), ['units', '0.5']],
    ['a negative rate', () => dense(2, { learningRate: -1 }), ['learningRate', '0 or more', '-1']],
    ['a decay that is no number', () => dense(2, { weightDecay: NaN }), ['weightDecay', 'NaN']],
    ['a penalty outside a list', () => dense(2, { regularizers: any(l1(0.1)) }), ['regularizers', 'list', '[l1(1e-5)']],
  ],
  dropout: [
    ['all of it', () => dropout(1), ['dropout', '[0, 1)', 'got 1']],
    ['no rate', () => dropout(any(undefined)), ['dropout', 'undefined']],
  ],
  cosine: [
    ['no number', () => cosine(NaN), ['NaN', 'finite']],
    ['an infinite end', () => cosine(1, { final: Infinity }), ['Infinity', 'finite']],
  ],
  l1: [
    ['a negative strength', () => l1(-1), ['l1', '0 or more', 'got -1']],
    ['NaN', () => l1(NaN), ['l1', 'got NaN']],
    ['no strength', () => l1(any(undefined)), ['l1', 'undefined']],
    ['a rule of l2', () => l1(1, { rule: any('coupled') }), ["'proximal' or 'subgradient'", '"coupled"']],
  ],
  l2: [
    ['an infinite strength', () => l2(Infinity), ['l2', 'finite', 'got Infinity']],
    ['a rule of l1', () => l2(1, { rule: any('subgradient') }), ["'coupled' or 'proximal'", '"subgradient"']],
  ],
  elasticNet: [['half of it', () => elasticNet(any({ l1: 0.1 })), ['l2', 'undefined']]],
  sgd: [
    ['no rate', () => sgd(any({})), ['learningRate', 'number or a schedule', 'undefined']],
    ['momentum 1', () => sgd({ learningRate: 1, momentum: 1 }), ['momentum', '[0, 1)', 'got 1']],
    ['nesterov without momentum', () => sgd({ learningRate: 1, nesterov: true }), ['nesterov', 'momentum above 0', 'dampening 0']],
    ['a bare number as penalty', () => sgd({ learningRate: 1, regularizers: any([1e-4]) }), ['l1(...)', 'got 0.0001']],
    ['a penalty of its own making', () => sgd({ learningRate: 1, regularizers: any([{ type: 'l1', strength: -1, rule: 'proximal' }]) }), ['l1', '-1']],
    ['two l1 in a list', () => sgd({ learningRate: 1, regularizers: [l1(1), elasticNet({ l1: 1, l2: 1 })] }), ['2 l1 penalties', 'give one']],
  ],
  adam: [
    ['beta2 1', () => adam({ beta2: 1 }), ['beta2', '[0, 1)', 'got 1']],
    ['epsilon 0', () => adam({ epsilon: 0 }), ['epsilon', '2^-126', 'got 0']],
    ['an infinite rate', () => adam({ learningRate: Infinity }), ['learningRate', 'finite', 'got Infinity']],
  ],
  adamw: [['a negative decay', () => adamw({ weightDecay: -1 }), ['weightDecay', '0 or more', 'got -1']]],
};

const DATA: Readonly<Record<string, readonly Row[]>> = {
  dataset: [
    ['inputs of the wrong number', () => dataset({ inputs: new Uint8Array(5), targets: [0, 1], shape: [2] }), ['4 input values', 'got 5']],
    ['a number as inputs', () => dataset(any({ inputs: 2, targets: [0], shape: [2] })), ['Uint8Array or a Float32Array', 'got 2', 'Convert']],
    ['labels from 1', () => dataset({ inputs: new Uint8Array(2), targets: [1, 2], shape: [1] }), ['no sample has class 0', 'classes: 3']],
    ['a target that is no class', () => dataset({ inputs: new Uint8Array(2), targets: [0, -1], shape: [1] }), ['targets[1]', '-1', 'from 0']],
  ],
  split: [['all of it', () => split(small, { validation: 10, seed: 1 }), ['validation', 'got 10', '10 samples']]],
  subset: [
    ['a row that is not there', () => subset(small, [10]), ['index 10', '[0, 10)']],
    ['nothing', () => subset(small, any(undefined)), ['row indices or a range', 'undefined']],
  ],
  shuffleTargets: [['half a seed', () => shuffleTargets(small, 0.5), ['seed', '[0, 2^53)', '0.5']]],
  balance: [['vectors', () => balance(dataset({ inputs: [[1]], targets: [[1]] }), { by: 'weights' }), ['no classes']]],
  fromRows: [['a list of lists', () => fromRows(any([[1]]), { target: 'a' }), ['objects', '[[1]]']]],
  prepareRows: [['no preparation', () => prepareRows([{ a: 1 }], any(undefined)), ['preparation', 'undefined']]],
  loadCsv: [
    ['a file that is not there', () => loadCsv('no.csv', { target: 'a' }), ['no.csv'], BadFileError],
    ['no target', () => loadCsv('a,b\n1,2', any({})), ['target', 'undefined']],
  ],
  loadIdx: [['a file that is not there', () => loadIdx({ images: 'no/images', labels: 'no/labels' }), ['no/'], BadFileError]],
  mnist: [['a folder that is not there', () => mnist({ url: 'no/such/folder' }), ['no/such/folder/train-images-idx3-ubyte.gz'], BadFileError]],
  readParameters: [
    ['an empty file', () => readParameters(new Uint8Array(0), 'mine.safetensors'), ['mine.safetensors', '8'], BadFileError],
  ],
};

/** What is wrong with a configuration, the same for everything that takes one. */
const CONFIGS: readonly (readonly [string, unknown, readonly string[]])[] = [
  ['none', undefined, ['model', 'sequential(...)', 'undefined']],
  ['no model', { ...config, model: undefined }, ['model', 'sequential(...)', 'undefined']],
  ['a list of layers as model', { ...config, model: [dense(2)] }, ['model', 'sequential(...)']],
  ['no loss', { ...config, loss: undefined }, ['softmaxCrossEntropy()', 'undefined']],
  ['another loss', { ...config, loss: { type: 'mse' } }, ['softmaxCrossEntropy()', '"mse"']],
  ['the maker of a loss', { ...config, loss: softmaxCrossEntropy }, ['softmaxCrossEntropy()']],
  ['no optimizer', { ...config, optimizer: undefined }, ['optimizer', 'sgd(...)', 'undefined']],
  ['the name of an optimizer', { ...config, optimizer: 'adam' }, ['optimizer', 'adam(...)', '"adam"']],
  ['an unknown rule', { ...config, optimizer: { ...adam(), rule: 'toString' } }, ['optimizer', '"toString"']],
  ['an optimizer written by hand', { ...config, optimizer: { ...adam(), hyperparameters: { ...adam().hyperparameters, beta2: 2 } } }, ['beta2', '[0, 1)', 'got 2']],
  ['accumulate 0', { ...config, accumulate: 0 }, ['accumulate', '1 or more', 'got 0']],
  ['more batches per update than a submit holds', { ...config, accumulate: 9 }, ['accumulate is 9', 'maxStepsPerSubmit 8']],
  ['averaging by name', { ...config, averaging: 'ema' }, ['ema(...) or swa(...)', '"ema"']],
  ['another onNonFinite', { ...config, onNonFinite: 'ignore' }, ["'stop' or 'skip'", '"ignore"']],
  ['a fusion that keeps no gradients', { ...config, accumulate: 2, fusion: 'layer' }, ["fusion 'layer'", 'accumulating', "'none'"]],
  ['what cannot be skipped', { ...config, fusion: 'none', optimizer: nadam(), onNonFinite: 'skip' }, ["'skip'", 'nadam']],
  ['a penalty that means nothing with its optimizer', { ...config, optimizer: adam({ regularizers: [groupLasso(1)] }) }, ['layers.0.weight', 'groupLasso', 'adam']],
  ['batchSize 0', { ...config, batchSize: 0 }, ['batchSize', '1 or more', 'got 0']],
  ['batchSize 1.5', { ...config, batchSize: 1.5 }, ['batchSize', 'got 1.5']],
  ['a negative seed', { ...config, seed: -1 }, ['seed', '2^53', 'got -1']],
  ['no replicas', { ...config, replicas: [] }, ['replicas', '1 or more', 'got 0']],
  ['a number of replicas', { ...config, replicas: 3 }, ['replicas', 'list', '[{}, { l1: 0 }]', 'got 3']],
  ['a replica that is nothing', { ...config, replicas: [{}, null] }, ['replicas', 'list', 'null']],
  ['an override nobody knows', { ...config, replicas: [{}, { lr: 1 }] }, ['"lr"', 'learningRate']],
  ['another fusion', { ...config, fusion: 'all' }, ["'none', 'layer' or 'full'", '"all"']],
  ['tiles of five blocks', { ...config, tiles: { wide: { ...tile, rowBlocks: 5 }, narrow: tile } }, ['tiles.wide', '5 x 1', '1 to 4']],
  ['tiles of too many threads', { ...config, tiles: { wide: tile, narrow: { ...tile, workgroupX: 64 } } }, ['tiles.narrow', '64 x 8', '256']],
  ['half of the tiles', { ...config, tiles: { wide: tile } }, ['tiles.narrow']],
  ['a budget of 0', { ...config, memoryBudgetBytes: 0 }, ['memoryBudgetBytes', 'above 0', 'got 0']],
  ['a target of NaN', { ...config, targetSubmitMilliseconds: NaN }, ['targetSubmitMilliseconds', 'got NaN']],
  ['half a step per submit', { ...config, maxStepsPerSubmit: 0.5 }, ['maxStepsPerSubmit', 'got 0.5']],
];

const rows = (tables: Readonly<Record<string, readonly Row[]>>): [string, string, Row][] =>
  Object.entries(tables).flatMap(([name, table]) => table.map((row): [string, string, Row] => [name, row[0], row]));

test.each(rows({ ...MODEL, ...DATA }))('%s refuses %s', async (_, __, [, call, says, type = InputError]) => {
  await expectFault(call, type, ...says);
});

describe('a configuration', () => {
  test.each(CONFIGS)('%s', async (_, wrong, says) => {
    await expectFault(() => planOf(any(wrong)), InputError, ...says);
    await expectFault(() => estimateMemory(any(wrong)), InputError, ...says);
    await expectFault(() => Trainer.create(device(), any(wrong)), InputError, ...says);
  });

  test('a budget too small is said in bytes, before anything is made', async () => {
    const wrong: TrainerConfig = { ...config, memoryBudgetBytes: 1000 };
    const { total } = estimateMemory(config);
    await expectFault(() => Trainer.create(device(), wrong), OutOfMemoryError, `needs ${total} bytes`, 'the budget is 1000', 'Use fewer');
  });
});

let trainer: Trainer;
beforeAll(async () => { trainer = await Trainer.create(device(), { ...config, replicas: [{}, { l1: 0 }] }); });
afterAll(() => trainer.destroy());

const fit = async (data: Dataset, options: unknown): Promise<void> => {
  for await (const _ of trainer.fit(data, any(options)));
};
const wide = smallData(10, { width: 14 });
const classes = smallData(10, { classes: 6 });
/** Sorted by method; a function, as the trainer is made later. */
const METHODS: Readonly<Record<string, readonly Row[]>> = {
  create: [
    ['no device', () => Trainer.create(any(undefined), config), ['openDevice()']],
    ['a bare GPUDevice', () => Trainer.create(any(device().gpu), config), ['openDevice({ device })']],
  ],
  load: [
    ['no checkpoint', () => Trainer.load(device(), new Uint8Array(20), 'mine'), ['mine'], BadFileError],
    ['no device', async () => Trainer.load(any(undefined), await trainer.save()), ['openDevice()']],
  ],
  fit: [
    ['no options', () => fit(small, undefined), ['epochs', '1 or more', 'undefined']],
    ['epochs 0', () => fit(small, { epochs: 0 }), ['epochs', '1 or more', 'got 0']],
    ['half a step', () => fit(small, { epochs: 1, steps: 0.5 }), ['steps', 'got 0.5']],
    ['submits of no step', () => fit(small, { epochs: 1, stepsPerSubmit: 0 }), ['stepsPerSubmit', 'got 0']],
    ['no data', () => fit(any(undefined), { epochs: 1 }), ['data to train on', 'dataset(...)', 'undefined']],
    ['an array as data', () => fit(any(new Float32Array(13)), { epochs: 1 }), ['data set', 'Float32Array']],
    ['data of another width', () => fit(wide, { epochs: 1 }), ['small data', '14 values', 'takes 13']],
    ['data of more classes', () => fit(classes, { epochs: 1 }), ['small data', '6 classes', '5 outputs']],
    ['validation of another width', () => fit(small, { epochs: 1, validation: wide }), ['14 values', 'takes 13']],
    ['validation that is both sets', () => fit(small, { epochs: 1, validation: { train: small } }), ['data to evaluate on', 'an object without inputs, targets']],
  ],
  evaluate: [
    ['nothing', () => trainer.evaluate(any(undefined)), ['data to evaluate on', 'undefined']],
    ['data of another width', () => trainer.evaluate(wide), ['14 values', 'takes 13']],
    ['no list of metrics', () => trainer.evaluate(small, { metrics: any('f1') }), ['metrics', 'list', 'got "f1"']],
    ['a metric that there is not', () => trainer.evaluate(small, { metrics: any(['f2']) }), ['no metric "f2"', 'precision']],
    ['a matrix that is no yes or no', () => trainer.evaluate(small, { confusion: any(1) }), ['confusion', 'true or false', 'got 1']],
  ],
  verify: [
    ['nothing', () => trainer.verify(any(undefined)), ['must be a data set', 'undefined']],
    ['data of another width', () => trainer.verify(wide), ['14 values', 'takes 13']],
  ],
  inspect: [
    ['nothing', () => trainer.inspect(any(undefined)), ['data to inspect with', 'undefined']],
    ['data of another width', () => trainer.inspect(wide), ['14 values', 'takes 13']],
    ['no samples', () => trainer.inspect(small, { samples: 0 }), ['inspect: samples', '1 or more', 'got 0']],
  ],
  predict: [
    ['no whole number of samples', () => trainer.predict(new Float32Array(20)), ['20 values', '13 values']],
    ['no samples', () => trainer.predict(new Uint8Array(0)), ['0 values', '13 values']],
    ['a list', () => trainer.predict(any([1, 2, 3])), ['Float32Array or Uint8Array', 'Array']],
    ['f64', () => trainer.predict(any(new Float64Array(13))), ['Float32Array or Uint8Array', 'Float64Array']],
    ['data of another width', () => trainer.predict(wide), ['14 values', 'takes 13']],
  ],
  classify: [
    ['a list', () => trainer.classify(any([1, 2, 3])), ['Float32Array or Uint8Array', 'Array']],
    ['more classes than there are', () => trainer.classify(small, { top: 6 }), ['top', '0 to 5', 'got 6']],
    ['a name too few', () => trainer.classify(small, { names: ['a', 'b', 'c', 'd'] }), ['names', '5 texts']],
    ['data of another width', () => trainer.classify(wide), ['14 values', 'takes 13']],
  ],
  set: [
    ['nothing', () => trainer.set(any(undefined)), ['set', '{ l1: 1e-4 }', 'undefined']],
    ['an unknown key', () => trainer.set({ lr: 1 }), ['"lr"', 'learningRate']],
    ['a value out of range', () => trainer.set({ learningRate: -1 }), ['learningRate', '0 or more', 'got -1']],
    ['the seed', () => trainer.set({ seed: 3 }), ['seed', 'cannot change']],
    ['a rule on units that was not declared', () => trainer.set({ groupLasso: 0.1 }), ['unitRules', 'at creation: a regularizer with strength 0']],
    ['a number of another optimizer', () => trainer.set({ beta1: 0.5 }), ['"beta1"', 'momentum has learningRate']],
    ['a penalty that was not declared', () => trainer.set({ l2: 0.1 }), ['l2Coupled', 'at creation: a regularizer with strength 0']],
    ['a replica that is not there', () => trainer.set({ l1: 0 }, 2), ['replicas 0 to 1', 'got 2']],
    ['a decay that flips signs', () => trainer.set({ weightDecay: 1e6 }), ['layers.0.weight', 'times weight decay', 'smaller']],
  ],
  setParameters: [
    ['a plain object', () => trainer.setParameters(any({ 'layers.0.bias': new Float32Array(22) })), ['Map']],
    ['an unknown name', () => trainer.setParameters(new Map([['layer.0', new Float32Array(1)]])), ['no "layer.0"', 'layers.2.bias']],
    ['one replica\'s values', () => trainer.setParameters(new Map([['layers.0.bias', new Float32Array(11)]])), ['layers.0.bias', '22 values', 'of 11']],
    ['a list of values', () => trainer.setParameters(any(new Map([['layers.0.bias', Array(22).fill(0)]]))), ['layers.0.bias', 'Float32Array', 'Array']],
  ],
};

describe('Trainer', () => {
  test.each(rows(METHODS))('%s refuses %s', async (_, __, [, call, says, type = InputError]) => {
    const before = await trainer.hash();
    await expectFault(call, type, ...says);
    expect(trainer.step).toBe(0);
    expect(await trainer.hash()).toEqual(before);
  });

  test('is as good as new after all of that', async () => {
    await fit(small, { epochs: 1 });
    expect(trainer.step).toBe(2);
    const replicas = await trainer.evaluate(small);
    expect(replicas).toHaveLength(2);
  });
});

/** Functions whose refusals fill tables of their own. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'test/model/optimizers.test.ts': [
    'adadelta', 'adagrad', 'adamax', 'amsgrad', 'ftrl', 'lamb', 'lars', 'lion', 'nadam', 'proximalAdagrad', 'proximalSgd', 'rmsprop',
  ],
  'test/model/regularizers.test.ts': [
    'activityL1', 'activityL2', 'clipByGlobalNorm', 'clipByNorm', 'clipByValue', 'groupLasso', 'maxNorm', 'nonNegative', 'orthogonal', 'unitNorm',
  ],
  'test/model/mlp.test.ts': ['mlp'],
  'test/train/functional.test.ts': ['add', 'concatenate', 'input', 'model', 'slice', 'softmax', 'tied'],
  'test/model/init-inputs.test.ts': [
    'constant', 'glorotNormal', 'glorotTruncatedNormal', 'glorotUniform', 'heNormal', 'heTruncatedNormal', 'heUniform', 'identity', 'lecunNormal',
    'lecunTruncatedNormal', 'lecunUniform', 'randomNormal', 'randomOrthogonal', 'randomUniform', 'zeros',
  ],
  'test/metrics/metrics.test.ts': ['binaryAccuracy', 'f1', 'precision', 'recall', 'topK'],
  'test/model/averaging.test.ts': ['ema', 'swa'],
  'test/model/normalize.test.ts': ['normalize'],
  'test/model/schedules.test.ts': ['custom', 'exponential', 'oneCycle', 'plateau', 'polynomial', 'stepDecay', 'warmUp'],
  'test/model/conventions.test.ts': ['fromKeras', 'fromSklearn', 'fromTorch'],
  'test/model/pairs.test.ts': ['pairOf'],
  'test/losses/settings.test.ts': ['binaryCrossEntropy', 'huber', 'meanAbsoluteError', 'meanSquaredError', 'smoothL1', 'softmaxCrossEntropy'],
};

test('every public function is here; what is not takes nothing, or has tests of its own', () => {
  const isError = (value: unknown): boolean => typeof value === 'function' && (value === Error || value.prototype instanceof Error);
  const functions = Object.entries(library).filter(([, value]) => typeof value === 'function' && !isError(value)).map(([name]) => name);
  const here = [...Object.keys(MODEL), ...Object.keys(DATA), 'Trainer', 'planOf', 'estimateMemory'];
  for (const [file, names] of Object.entries(ELSEWHERE)) {
    const text = readFileSync(file, 'utf8');
    for (const name of names) expect([file, name, text.includes(`${name}(`)]).toEqual([file, name, true]);
  }
  // openDevice, probe, Device: test/device.
  expect(functions.toSorted()).toEqual([...here, ...Object.values(ELSEWHERE).flat(), ...Object.keys(ACTIVATIONS), 'openDevice', 'probe', 'Device'].toSorted());
  const methods = Object.getOwnPropertyNames(Trainer.prototype)
    .filter((name) => typeof Object.getOwnPropertyDescriptor(Trainer.prototype, name)!.value === 'function' && name !== 'constructor');
  const nothing = ['parameters', 'hash', 'save', 'summary', 'memory', 'destroy'];
  expect([...methods, 'create', 'load'].toSorted()).toEqual([...Object.keys(METHODS), ...nothing].toSorted());
});
