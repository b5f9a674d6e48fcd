/** Arguments of every public function that are right: what the hostile ones are made of. */
import * as gradshader from '../../src/index.ts';
import * as optim from '../../src/optim/index.ts';
import * as reference from '../../src/reference/index.ts';
import { knowAllInits } from '../../src/model/inits/all.ts';
import type { ModuleName } from './declarations.ts';

const { adam, clipByNorm, dataset, dense, dropout, ema, l1, maxNorm, openDevice, relu, sequential, sgd, softmaxCrossEntropy, Trainer } = gradshader;

/** What the calls are made on. */
export interface Bench {
  readonly device: gradshader.Device;
  readonly trainer: gradshader.Trainer;
  readonly optim: optim.Optim;
  readonly file: Uint8Array;
  readonly state: Uint8Array;
  readonly weights: GPUBuffer;
  readonly gradients: GPUBuffer;
}

const USAGE = 0x80 | 4 | 8; // STORAGE, COPY_SRC, COPY_DST

const config = (): gradshader.TrainerConfig => ({
  model: sequential([4], [dropout(0.1), dense(3), relu(), dense(2)]), loss: softmaxCrossEntropy(), optimizer: sgd({ learningRate: 0.01 }), batchSize: 4,
});

export const data = (): gradshader.Dataset =>
  dataset({ inputs: Float32Array.from({ length: 32 }, (_, i) => (i % 5) - 2), targets: Uint32Array.from({ length: 8 }, (_, i) => i % 2), shape: [4] });

export async function makeBench(): Promise<Bench> {
  const device = await openDevice({ software: 'fallback' }), trainer = await Trainer.create(device, config());
  const make = (): GPUBuffer => device.gpu.createBuffer({ size: 64, usage: USAGE });
  const weights = make(), gradients = make();
  const own = await optim.createOptim(device, {
    parameters: [{ name: 'w', buffer: weights, length: 16, gradient: { buffer: gradients } }], optimizer: adam({ regularizers: [l1(1e-3)] }), averaging: ema(),
  });
  return { device, trainer, optim: own, weights, gradients, file: await trainer.save(), state: await own.save() };
}

export async function destroyBench({ device, trainer, optim: own }: Bench): Promise<void> {
  trainer.destroy();
  own.destroy();
  await device.close();
}

export type Sample = (bench: Bench) => readonly unknown[];

/** Not called: what ends the bench, or is another's. By name, with the reason. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'Trainer#destroy': 'takes nothing, and ends the bench', 'Optim#destroy': 'takes nothing, and ends the bench',
  'FitRun#next': 'an iterator takes nothing', 'FitRun#return': 'an iterator takes nothing', 'FitRun#throw': 'an iterator throws what it is given',
  'FitRun#then': 'a promise takes anything', 'FitRun#catch': 'a promise takes anything', 'FitRun#finally': 'a promise takes anything',
  'Device#close': 'takes nothing, and ends the bench', 'Device#guard': 'takes promises of the library itself',
  'Device#checked': 'takes work of the library itself', 'Device#mapped': 'takes mappings of the library itself',
};

knowAllInits(); // Samples name them: all are checked at once.

const none: Sample = () => [];
const two = (): gradshader.Value => gradshader.input([4]).to(dense(2));
const gain: Sample = () => [{ gain: 2 }];
const rate: Sample = () => [{ learningRate: 0.1 }];
const values = (length: number): number[] => Array.from({ length }, (_, i) => (i % 3) / 2 - 0.4);
const common = { weightDecay: 0.01, regularizers: [l1(1e-4)], clip: clipByNorm(1) };

const tableRows: readonly gradshader.Row[] = Array.from({ length: 8 }, (_, i) => ({ age: i, city: i % 2 === 0 ? 'Oslo' : 'Rom', price: i / 2 }));

/** An IDX file as a URL. */
const idx = (sizes: readonly number[], elements: readonly number[]): string =>
  `data:application/octet-stream;base64,${Buffer.from([0, 0, 8, sizes.length, ...sizes.flatMap((size) => [0, 0, 0, size]), ...elements]).toString('base64')}`;

const OURS: Readonly<Record<string, Sample>> = {
  estimateMemory: () => [config(), { train: data(), evaluate: [data()], keepBest: true, adapter: 'software' }],
  planOf: () => [config(), 'software'],
  openDevice: () => [{ software: 'fallback', powerPreference: 'low-power', limits: 'adapter', dawnFlags: [] }],
  probe: () => [{ software: 'fallback' }],
  dense: () => [3, { learningRate: 0.1, weightDecay: 0.1, regularizers: [l1(0.1)], activation: { type: 'relu' }, init: { type: 'heUniform', gain: 2, mode: 'fanIn' }, biasInit: { type: 'randomUniform', low: -0.1, high: 0.1 } }], dropout: () => [0.5], relu: none, sigmoid: none, leakyRelu: () => [{ slope: 0.1 }], prelu: () => [{ per: 'unit', init: 0.25 }], elu: () => [{ alpha: 1 }], selu: none, tanh: none,
  softplus: none, silu: () => [{ beta: 1 }], gelu: none, geluTanh: none, hardSwish: none,
  mlp: () => [[4], [3, 2], { activation: 'relu', dropout: [0.5], inputDropout: 0.1, init: { type: 'randomNormal', mean: 0.1, deviation: 0.1 } }],
  ...Object.fromEntries(['he', 'lecun'].flatMap((name) => ['Normal', 'TruncatedNormal', 'Uniform'].map((spread) => [name + spread, (): unknown[] => [{ gain: 2, mode: 'fanOut' }]]))),
  glorotNormal: gain, glorotTruncatedNormal: gain, glorotUniform: gain, randomOrthogonal: gain, identity: gain,
  randomUniform: () => [-0.1, 0.1], randomNormal: () => [0.1, 0.1], constant: () => [0.1], zeros: none,
  topK: () => [2], binaryAccuracy: () => [{ threshold: 0.3 }], precision: () => [{ average: 'micro', threshold: 0.3 }], recall: () => [{ average: 'macro' }], f1: () => [{ average: 'weighted' }],
  input: () => [[4]], add: () => [two(), two()], concatenate: () => [two(), two()], model: () => [two()], 'Value#to': () => [dense(2), relu()], slice: () => [1, 3], softmax: none, tied: () => [dense(3), { transposed: true, biasInit: { type: 'constant', value: 0.1 } }],
  sequential: () => [[4], [dense(3), relu(), dense(2)]], softmaxCrossEntropy: () => [{ smoothing: 0.1, classWeights: [1, 2], mean: 'count' }], binaryCrossEntropy: () => [{ positiveWeight: 2, mean: 'count' }],
  meanSquaredError: () => [{ mean: 'count' }], meanAbsoluteError: () => [{ mean: 'count' }], huber: () => [{ delta: 1, mean: 'count' }], smoothL1: () => [{ beta: 1, mean: 'count' }],
  adadelta: () => [{ learningRate: 1, rho: 0.9, epsilon: 1e-6, ...common }],
  adagrad: () => [{ learningRate: 1, learningRateDecay: 0.1, epsilon: 1e-6, epsilonRoot: 0, initialAccumulator: 0.1, ...common }],
  adam: () => [{ learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, epsilonRoot: 0, epsilonHat: true, ...common }],
  adamax: rate, adamw: rate, amsgrad: rate, ftrl: () => [{ learningRate: 0.1, beta: 1, initialAccumulator: 0.1 }],
  lamb: rate, lars: rate, lion: rate, nadam: () => [{ learningRate: 0.1, momentumDecay: 0.1 }],
  proximalAdagrad: () => [{ learningRate: 0.1, l1: 0.1, l2: 0.1, initialAccumulator: 0.1 }], proximalSgd: () => [{ learningRate: 0.1, l1: 0.1, l2: 0.1 }],
  rmsprop: () => [{ learningRate: 0.1, momentum: 0.9, centered: true, alpha: 0.9 }], sgd: () => [{ learningRate: 0.1, momentum: 0.9, nesterov: true, dampening: 0 }],
  clipByGlobalNorm: () => [1], clipByNorm: () => [1], clipByValue: () => [1], normalize: () => [{ kind: 'standard', per: 'feature', mean: [0.1, 0.2], deviation: [1, 2] }], ema: () => [0.9], swa: () => [{ start: 3, every: 2 }],
  activityL1: () => [0.1], activityL2: () => [0.1], elasticNet: () => [{ l1: 0.1, l2: 0.1, biases: true }], groupLasso: () => [0.1, { sqrtSize: false }],
  l1: () => [0.1, { rule: 'subgradient', biases: true }], l2: () => [0.1, { rule: 'proximal', biases: true }], maxNorm: () => [2],
  nonNegative: () => [{ biases: true }], orthogonal: () => [0.1], unitNorm: none,
  fromKeras: () => [{ l1: 0.1, l2: 0.1, l1Rule: 'proximal', biases: true }], fromSklearn: () => [{ alpha: 0.1, batchSize: 32, biases: true }],
  fromTorch: () => [{ weightDecay: 0.1, biases: true }],
  cosine: () => [0.1, { final: 0.01, restarts: { firstPeriod: 3, periodFactor: 2 } }], custom: () => ['half', (step: number) => 0.5 ** (step % 9)],
  exponential: () => [0.1, { factor: 0.9, every: 2 }], oneCycle: () => [0.1, { divFactor: 10, finalDivFactor: 100, warmFraction: 0.2 }],
  plateau: () => [0.1, { factor: 0.5, patience: 2, threshold: 0.01, minimum: 0.01, monitor: 'loss', cooldown: 1 }],
  polynomial: () => [0.1, { final: 0.01, power: 2, steps: 9 }], stepDecay: () => [0.1, { factor: 0.5, milestones: [3, 4] }],
  warmUp: () => [gradshader.cosine(0.1), { steps: 4, initial: 0.01 }],
  pairOf: () => ['adam', { type: 'l1', rule: 'proximal' }],
  dataset: () => [{ inputs: new Float32Array(8), targets: [0, 1], shape: [2, 2], classes: 3, scale: 2, offset: 1, name: 'mine' }],
  shuffleTargets: () => [data(), 1], split: () => [data(), { validation: 0.5, seed: 1 }], subset: () => [data(), { start: 1, end: 4 }],
  balance: () => [data(), { by: 'resample', seed: 1 }],
  fromRows: () => [tableRows, { target: 'price', columns: ['age', 'city'], categorical: ['city'], maxCategories: 9, missing: ['-'], fill: { age: 'mean' }, clip: { deviations: 2, columns: ['age'] }, validation: 2, stratify: false, seed: 1, limit: 8, name: 'mine' }],
  prepareRows: () => [tableRows.map(({ age, city }) => ({ age, city })), gradshader.fromRows(tableRows, { target: 'price', fill: 0, clip: { deviations: 1 } }).preparation],
  loadCsv: () => ['a,b,y\n1,x,2\n3,y,4\n5,x,6\n', { target: 'y', fill: 'mode', clip: { quantiles: [0.1, 0.9] }, validation: 1, header: true, delimiter: ',', maxBytes: 1000, timeoutMilliseconds: 1000 }],
  loadIdx: () => [{ images: idx([2, 2, 2], values(8)), labels: idx([2], [0, 1]), classes: 2, name: 'none', maxBytes: 1000 }], mnist: () => [{ url: 'nowhere' }],
  readParameters: ({ file }) => [file, 'my.safetensors'],
  'Trainer.create': ({ device }) => [device, {
    ...config(), seed: 3, accumulate: 1, averaging: ema(), onNonFinite: 'stop', replicas: [{}], fusion: 'none', tune: false, memoryBudgetBytes: 1e8,
    targetSubmitMilliseconds: 100, maxStepsPerSubmit: 16, metrics: ['f1', gradshader.topK(1), gradshader.binaryAccuracy()], optimizer: sgd({ learningRate: 0.01, regularizers: [maxNorm(3)] }),
  }],
  'Trainer.load': ({ device, file }) => [device, file, { file: 'my.safetensors', schedules: {} }],
  'Trainer#fit': ({ trainer }) => [data(), {
    epochs: trainer.epoch + 1, validation: data(), earlyStopping: { patience: 3, minimumChange: 0.1, monitor: 'loss', restoreBest: false }, keepBest: 'loss',
    signal: new AbortController().signal, onProgress: () => {}, onVerify: () => {}, stepsPerSubmit: 2,
  }],
  'Trainer#evaluate': () => [data(), { weights: 'current', metrics: ['f1', gradshader.recall({ average: 'binary', threshold: 0.3 })], confusion: true }], 'Trainer#classify': () => [new Float32Array(8), { names: ['a', 'b'], top: 2, weights: 'current' }], 'Trainer#verify': () => [data()], 'Trainer#inspect': () => [data(), { samples: 4 }], 'Trainer#predict': () => [new Float32Array(8), { logits: true, weights: 'current' }],
  'Trainer#set': () => [{ learningRate: 0.01 }, 0], 'Trainer#parameters': () => [{ weights: 'current' }], 'Trainer#save': () => [{ weights: 'current' }],
  'Trainer#setParameters': () => [new Map([['layers.0.bias', new Float32Array(3)]])], 'Trainer#hash': none, 'Trainer#summary': none, 'Trainer#memory': none,
};

const OF_OPTIM: Readonly<Record<string, Sample>> = {
  createOptim: ({ device, weights, gradients }) => [device, {
    parameters: [{ name: 'w', buffer: weights, offset: 4, length: 12, gradient: { buffer: gradients, offset: 4 }, shape: [3, 4], layout: 'in-out', kind: 'weight', group: 'default' }],
    optimizer: adam(), averaging: ema(), onNonFinite: 'flag', stepsInFlight: 2, horizon: 9,
  }],
  'Optim#encode': ({ device }) => [device.gpu.createCommandEncoder().beginComputePass(), { learningRate: 0.01, 'default.l1': 0.1 }],
  'Optim#flags': none, 'Optim#verify': none, 'Optim#average': () => ['w'], 'Optim#save': none, 'Optim#memory': none, 'Optim#load': ({ state }) => [state, 'state'],
};

const shape = { batch: 2, inWidth: 3, outWidth: 2 }, mask = { ...reference.dropoutRate(0.5), seed: 1, stream: 2, step: 3 };
const hyperparameters = { optimizer: 'adam', learningRate: 0.1, l1: 0.1, clip: { by: 'norm', threshold: 1 } };
const tensor = { weights: values(6), state: {}, hyperparameters, gradient: values(6), penaltyGradient: values(6) };
const below = { activation: 'relu', dropout: mask, output: values(6), penaltyGradient: values(6) };
const network = { layers: [{ inWidth: 3, outWidth: 2, activation: 'prelu', slopes: 'unit', dropout: undefined, activity: { l1: 0.1, l2: 0 }, init: { type: 'heNormal', gain: 2, mode: 'fanOut' }, biasInit: { type: 'randomUniform', low: -1, high: 1 } }], inputDropout: { rate: 0.5, layer: 0 }, seed: 1 };
const batch = { inputs: values(12), scale: 1, offset: 0, order: [0, 1, 2, 3], position: 0, count: 2, batch: 2, targets: [0, 1, 0, 1] };
const weights = [values(6), values(2), values(2)];
const coefficients = { inverseC2: 1, epsilonRoot: 0, epsilon: 1e-8 };
const views = { parameters: values(9), gradients: values(9), views: [{ weights: 1, gradients: 2, length: 6, state: {}, hyperparameters }], t: 1, clip: undefined, skip: false };

const OF_REFERENCE: Readonly<Record<string, Sample>> = {
  biasGradient: () => [{ delta: values(4), batch: 2, outWidth: 2 }], clipGradients: () => [[values(3)], { by: 'norm', threshold: 1 }], activationOf: () => ['elu', 2],
  columns: () => [{ first: values(6), batch: 2, width: 3, from: 1, count: 2, second: values(2), secondWidth: 1, outputWidth: 5, to: 1 }],
  denseForward: () => [{ input: values(6), weight: values(6), bias: values(2), ...shape, activation: 'prelu', slopes: values(2), dropout: mask }],
  denseInputGradient: () => [{ delta: values(4), weight: values(6), ...shape, below }], denseWeightGradient: () => [{ input: values(6), delta: values(4), ...shape }],
  denseWeightUpdate: () => [{ input: values(6), delta: values(4), ...shape, t: 1, weight: { weights: values(6), state: {}, hyperparameters }, bias: { weights: values(2), state: {}, hyperparameters } }],
  networkWeightUpdate: () => [[{ input: values(6), delta: values(4), ...shape, t: 1, weight: { weights: values(6), state: {}, hyperparameters }, bias: { weights: values(2), state: {}, hyperparameters } }]],
  dropoutFactors: () => [4, mask], dropoutRate: () => [0.5],
  gather: () => [{ inputs: values(12), width: 3, scale: 1, offset: 0, order: [0, 1, 2, 3], position: 0, count: 2, batch: 2, dropout: mask }],
  gram: () => [{ weight: values(6), inWidth: 3, outWidth: 2, byRows: false }],
  head: () => [{ input: values(6), weight: values(6), bias: values(2), targets: [0, 1], batch: 2, count: 2, groupCount: 2, inWidth: 3, classes: 2, below: { activation: 'relu' } }],
  map: () => [{ input: values(6), other: values(6), activation: 'prelu', slopes: values(3), width: 3, below }],
  slopeGradient: () => [{ delta: values(6), input: values(6), slopes: values(3), batch: 2, width: 3 }], slopeTotal: () => [values(6)],
  referenceInit: () => [network], referenceForward: () => [weights, batch, network, 1], referenceGradients: () => [weights, batch, network, 1],
  referenceStep: () => [{ weights: weights.map((own) => Float64Array.from(own)), slots: [{}, {}, {}], step: 0 }, batch, { network, hyperparameters, groups: {}, weightRules: { maxNorm: 1 }, weightRuleGroups: {} }],
  tensorHyperparameters: () => [{ network, hyperparameters, groups: {} }, 'layers.0.bias'], tensorNames: () => [network],
  completeState: () => [values(6), {}, hyperparameters], gainOf: () => [hyperparameters, 1], initialState: () => [values(6), hyperparameters],
  optimizerStep: () => [values(6), values(6), {}, hyperparameters, 1], ruleOf: () => [{ optimizer: 'adam' }], withDefaults: () => [hyperparameters],
  adamMetric: () => [values(3), coefficients],
  proximalAdagrad: () => [{ learningRate: 0.1, l1: 0.1, l2: 0.1, initialAccumulator: 0.1 }], proximalSgd: () => [{ learningRate: 0.1, l1: 0.1, l2: 0.1 }],
  orthogonalGradient: () => [{ weight: values(6), inWidth: 3, outWidth: 2, byRows: false, gram: values(4), gradient: values(6), strength: 0.1 }],
  parameterSums: () => [{ weights: values(3) }], philox: () => [{ seed: 1, stream: 2, step: 3, length: 4, first: 1 }],
  philox4x32: () => [[1, 2, 3, 4], [5, 6]], randomWords: () => [1, 2, 3, 4],
  activityGradient: () => [values(6), 2, { l1: 0.1, l2: 0.1, batch: 3, groupCount: 2 }], activityPenalty: () => [values(6), 2, { l1: 0.1, l2: 0.1, batch: 3 }],
  orthogonalPenalty: () => [values(6), 3, 2, 0.1],
  average: () => [values(3), values(3), 0.5], coupledGradient: () => [values(3), values(3), { l2Coupled: 0.1, l1Subgradient: 0.1 }], cumulativeL1: () => [values(3), values(3), 0.1],
  decoupledDecay: () => [values(3), 0.9], nonNegative: () => [values(3)], proximalStep: () => [values(3), [1, 1, 1], { l1Threshold: 0.1, l1Decoupled: 0, l2Proximal: 0.1 }], softThreshold: () => [1, 0.5],
  scaledUpdate: () => [{ tensors: [tensor], t: 1, clip: { by: 'globalNorm', threshold: 1 }, skip: true }],
  snapshot: () => [{ source: values(3), snapshot: values(3), flagged: true, losses: values(2) }], softmax: () => [{ logits: values(6), batch: 2, classes: 3 }],
  softmaxCrossEntropy: () => [{ logits: values(6), targets: [0, 1], isVector: false, smoothing: 0.1, classWeights: values(3), weights: values(2), batch: 2, count: 2, groupCount: 2, classes: 3 }],
  elementLoss: () => [{ loss: 'huber', number: 1, outputs: values(6), targets: values(6), weights: values(2), batch: 2, count: 2, divisor: 2, width: 3 }],
  tensorNorms: () => [{ ...tensor, t: 1 }], unitConstraint: () => [values(6), 3, 2, { groupThreshold: 0.1, minimum: 0.1, maximum: 1 }], update: () => [{ ...tensor, t: 1 }],
  viewNorms: () => [views], viewUpdate: () => [views],
  viewUnitConstraint: () => [{ parameters: values(9), weights: 1, inputs: 3, outputs: 2, layout: 'in-out', bounds: { maximum: 1 } }],
  constrainUnits: () => [{ weights: Float64Array.from(values(6)), state: {}, nonFinite: false }, { weights: values(6), state: {}, hyperparameters: { optimizer: 'sgd', learningRate: 0.1 } }, { rules: { maxNorm: 1, groupLasso: 0.1, sqrtSize: true }, inWidth: 3, outWidth: 2, t: 1 }],
};

export const SAMPLES: Readonly<Record<ModuleName, Readonly<Record<string, Sample>>>> = { gradshader: OURS, 'gradshader/optim': OF_OPTIM, 'gradshader/reference': OF_REFERENCE };

const EXPORTS: Readonly<Record<ModuleName, object>> = { gradshader, 'gradshader/optim': optim, 'gradshader/reference': reference };

type Callable = (...given: readonly unknown[]) => unknown;

/** Calls a public function by its name, as `Entry` has it. */
export function callOf(module: ModuleName, name: string, bench: Bench): Callable {
  const [of, method] = name.split(/[.#]/) as [string, string?];
  const exported = (EXPORTS[module] as Record<string, Callable>)[of]!;
  if (method === undefined) return exported;
  const self = name.includes('.') ? exported : { Trainer: bench.trainer, Optim: bench.optim, Device: bench.device, Value: gradshader.input([4]) }[of];
  return (...given) => (self as unknown as Record<string, Callable>)[method]!(...given);
}
