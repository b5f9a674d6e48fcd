/**
 * Penalties on activations and the orthogonal penalty through the Trainer: a step follows the slopes of the penalised
 * objective, found by differences in float64, and the reported penalty is that of the weights.
 */
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import type { ClassDataset } from '../../src/data/dataset.ts';
import { clipByGlobalNorm, clipByNorm, clipByValue } from '../../src/model/clip.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { softmaxCrossEntropy } from '../../src/model/losses/makers.ts';
import { describeNetwork } from '../../src/model/network.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { activityL1, activityL2, groupLasso, l1, orthogonal } from '../../src/model/regularizers.ts';
import { permutation, STREAM } from '../../src/random.ts';
import { referenceForward, referenceInit, type ReferenceBatch } from '../../src/reference/index.ts';
import { planOf } from '../../src/train/estimate.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { EPSILON, expectClose } from '../cases/compare.ts';
import { referenceNetwork } from '../cases/network/gradients.ts';
import { fitAll, QUICK_TILES, smallData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const SEED = 3;
/** Large, so that a step is about as large as the weights. */
const RATE = 0.5;

interface Strengths { readonly activityL1?: number; readonly activityL2?: number; readonly orthogonal?: number }

/** Batches without dropout can be any part of the data; with it, the first step's masks are those of its only batch. */
const rowsOf = (data: ClassDataset, count: number): ReferenceBatch => ({
  inputs: data.inputs, targets: data.targets, order: permutation(data.length, SEED, STREAM.shuffle, 0), position: 0,
  count, batch: count, scale: data.scale, offset: data.offset,
});

const total = (values: ArrayLike<number>, f: (value: number) => number): number => Array.from(values, f).reduce((a, b) => a + b, 0);

/** |W^T W - I|^2, or |W W^T - I|^2 with fewer inputs than outputs: by the definition. */
function distance(weight: ArrayLike<number>, inputs: number, outputs: number): number {
  const [size, length] = inputs < outputs ? [inputs, outputs] : [outputs, inputs];
  const element = (vector: number, k: number): number => weight[inputs < outputs ? vector * outputs + k : k * outputs + vector]!;
  let sum = 0;
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) {
      let product = 0;
      for (let k = 0; k < length; k++) product += element(a, k) * element(b, k);
      sum += (product - Number(a === b)) ** 2;
    }
  }
  return sum;
}

/** Mean cross-entropy plus penalties, in float64, of the first training step's batch. */
function objective(weights: readonly Float64Array[], model: Model, batch: ReferenceBatch, strengths: Strengths): number {
  const network = referenceNetwork(describeNetwork(model), SEED);
  const { activations, logits } = referenceForward(weights, batch, network, 0);
  const classes = network.layers.at(-1)!.outWidth;
  let sum = 0;
  for (let row = 0; row < batch.count; row++) {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    sum += Math.log(total(own, Math.exp)) - own[batch.targets[batch.order[row]!]!]!;
  }
  for (const a of activations.slice(1, -1)) {
    sum += (strengths.activityL1 ?? 0) * total(a, Math.abs) + ((strengths.activityL2 ?? 0) / 2) * total(a, (x) => x * x);
  }
  const distances = network.layers.map(({ inWidth, outWidth }, n) => distance(weights[2 * n]!, inWidth, outWidth));
  return sum / batch.count + (strengths.orthogonal ?? 0) * total(distances, (x) => x);
}

/** Weights after one step of gradient descent on the objective, its slopes by central differences. */
function descended(model: Model, batch: ReferenceBatch, strengths: Strengths): Float64Array[] {
  const weights = referenceInit(referenceNetwork(describeNetwork(model), SEED)).weights.map((tensor) => Float64Array.from(tensor));
  const h = 1e-6;
  return weights.map((tensor) => tensor.map((w, i) => {
    const at = (value: number): number => {
      tensor[i] = value;
      return objective(weights, model, batch, strengths);
    };
    const slope = (at(w + h) - at(w - h)) / (2 * h);
    tensor[i] = w;
    return w - RATE * slope;
  }));
}

/** One replica's tensors as the reference has them: [in, out]. */
function tensorsOf(parameters: ReadonlyMap<string, Float32Array>, model: Model, replica: number): Float64Array[] {
  return describeNetwork(model).tensors.map(({ name, shape: [rows, columns], length }) => {
    const own = parameters.get(name)!.subarray(replica * length, (replica + 1) * length);
    return Float64Array.from(own, (value, i) => (columns === undefined ? value : own[(i % columns) * rows! + Math.floor(i / columns)]!));
  });
}

const configOf = (model: Model, strengths: Strengths, changes: Partial<TrainerConfig> = {}): TrainerConfig => ({
  model, loss: softmaxCrossEntropy(), seed: SEED, batchSize: 8, tiles: QUICK_TILES, maxStepsPerSubmit: 4,
  optimizer: sgd({
    learningRate: RATE,
    regularizers: [
      ...(strengths.activityL1 === undefined ? [] : [activityL1(strengths.activityL1)]),
      ...(strengths.activityL2 === undefined ? [] : [activityL2(strengths.activityL2)]),
      ...(strengths.orthogonal === undefined ? [] : [orthogonal(strengths.orthogonal)]),
    ],
  }),
  ...changes,
});

/** Three layers of sums of few products in f32; differences in float64 are good to about 1e-9. */
async function expectDescended(config: TrainerConfig, data: ClassDataset, count: number, strengths: readonly Strengths[]): Promise<void> {
  await withTrainer(device(), config, async (trainer) => {
    await fitAll(trainer, data, { epochs: 1, steps: 1 });
    const parameters = await trainer.parameters();
    strengths.forEach((own, replica) => {
      const want = descended(config.model, rowsOf(data, count), own);
      tensorsOf(parameters, config.model, replica).forEach((got, i) => {
        const largest = want[i]!.reduce((most, w) => Math.max(most, Math.abs(w)), 1);
        expectClose(`replica ${replica}, tensor ${i}`, got, want[i]!, 0, 16 * EPSILON * largest);
      });
    });
  });
}

/** Dropout behind ReLU and behind a plain product; fewer outputs than inputs. */
const narrowing = sequential([13], [dropout(0.1), dense(11), relu(), dropout(0.3), dense(7), dropout(0.4), dense(5)]);
/** Six inputs and seven outputs pad to the same width; a layer of one unit, and one of one input. */
const odd = sequential([6], [dense(7), relu(), dense(1), dense(5)]);
const dataFor = (model: Model, samples: number): ClassDataset => smallData(samples, { width: model.inputShape[0]! });

const ACTIVITY: Strengths = { activityL1: 0.3, activityL2: 0.2 };
/** What the three replicas of these tests have. */
const REPLICAS: readonly Strengths[] = [ACTIVITY, { activityL1: 0, activityL2: 0 }, { activityL1: 0.05, activityL2: 1 }];

describe('one step goes down the slopes of loss + penalty', () => {
  const fusions = ['none', 'layer', 'full'] as const;
  const models = { narrowing, odd };
  const runs = fusions.flatMap((fusion) => Object.entries(models).map(([name, model]) => ({ fusion, name, model })));

  test.each(runs)('penalties on activations, $name, fusion $fusion; a whole and a partial batch, replicas of different strengths', async ({ model, fusion }) => {
    const config = configOf(model, ACTIVITY, { fusion, replicas: REPLICAS.map((own) => ({ ...own })) });
    await expectDescended(config, dataFor(model, 13), 8, REPLICAS);
    await expectDescended(config, dataFor(model, 5), 5, REPLICAS);
  });

  test.each(Object.entries(models))('the orthogonal penalty, %s; replicas of different strengths', async (_name, model) => {
    const strengths = [{ orthogonal: 0.02 }, { orthogonal: 0 }, { orthogonal: 0.1 }];
    const config = configOf(model, strengths[0]!, { replicas: strengths });
    await expectDescended(config, dataFor(model, 5), 5, strengths);
  });

  test('both, batches that share an update: the penalty counts once', async () => {
    const strengths = { activityL1: 0.1, activityL2: 0.2, orthogonal: 0.03 };
    await expectDescended(configOf(odd, strengths, { accumulate: 3, batchSize: 3 }), dataFor(odd, 8), 8, [strengths]);
  });

  test('a strength that is set later, of one layer', async () => {
    const data = dataFor(odd, 5);
    const bits = async (config: TrainerConfig, change?: Readonly<Record<string, number>>): Promise<number[][]> =>
      withTrainer(device(), config, async (trainer) => {
        if (change !== undefined) trainer.set(change);
        await fitAll(trainer, data, { epochs: 2 });
        return [...(await trainer.parameters()).values()].map((values) => [...values]);
      });
    const own = (strength: number): Model => sequential([6], [dense(7, { regularizers: [orthogonal(strength)] }), relu(), dense(5)]);
    const strong = await bits(configOf(own(0.1), {}));
    expect(await bits(configOf(own(0), {}), { 'layers.0.orthogonal': 0.1 })).toEqual(strong);
    expect(await bits(configOf(own(0), {}))).not.toEqual(strong);
  });
});

describe('the reported penalty', () => {
  const norms = (weight: ArrayLike<number>, outputs: number): number => {
    const squares = new Float64Array(outputs);
    for (let i = 0; i < weight.length; i++) squares[i % outputs]! += weight[i]! ** 2;
    return total(squares, Math.sqrt);
  };

  test('sums l1, group lasso and orthogonal penalty of the weights; penalties on activations are not in it', async () => {
    const replicas: Record<string, number>[] = [{}, { orthogonal: 0 }, { groupLasso: 0, l1: 0 }];
    const regularizers = [l1(1e-3), groupLasso(2e-3), orthogonal(1e-2), activityL1(1e-2)];
    const config = configOf(narrowing, {}, { optimizer: sgd({ learningRate: 0.1, regularizers }), replicas });
    await withTrainer(device(), config, async (trainer) => {
      const [epoch] = await fitAll(trainer, dataFor(narrowing, 13), { epochs: 1 });
      const parameters = await trainer.parameters();
      replicas.forEach((changes, replica) => {
        const tensors = tensorsOf(parameters, narrowing, replica);
        const want = describeNetwork(narrowing).layers.reduce((sum, { inputs, outputs }, n) =>
          sum + (changes['l1'] ?? 1e-3) * total(tensors[2 * n]!, Math.abs) +
          (changes['groupLasso'] ?? 2e-3) * Math.sqrt(inputs) * norms(tensors[2 * n]!, outputs) +
          (changes['orthogonal'] ?? 1e-2) * distance(tensors[2 * n]!, inputs, outputs), 0);
        const got = epoch!.replicas[replica]!;
        expectClose(`replica ${replica}`, [got.penalty], [want], 1e-5, 0);
        expect(got.objective).toBe(got.loss + got.penalty);
      });
    });
  });

  test('of rows where a layer has more outputs than inputs', async () => {
    await withTrainer(device(), configOf(odd, { orthogonal: 1 }), async (trainer) => {
      const [epoch] = await fitAll(trainer, dataFor(odd, 5), { epochs: 1 });
      const tensors = tensorsOf(await trainer.parameters(), odd, 0);
      const distances = describeNetwork(odd).layers.map(({ inputs, outputs }, n) => distance(tensors[2 * n]!, inputs, outputs));
      expectClose('penalty', [epoch!.penalty], [total(distances, (x) => x)], 1e-5, 0);
    });
  });

  test('of weights that are read in more than one piece', async () => {
    const model = sequential([784], [dense(400), relu(), dense(3)]);
    const config = configOf(model, {}, { batchSize: 4, optimizer: sgd({ learningRate: 0.1, regularizers: [groupLasso(1, { sqrtSize: false })] }) });
    await withTrainer(device(), config, async (trainer) => {
      const [epoch] = await fitAll(trainer, smallData(4, { width: 784, classes: 3 }), { epochs: 1 });
      const tensors = tensorsOf(await trainer.parameters(), model, 0);
      expectClose('penalty', [epoch!.penalty], [norms(tensors[0]!, 400) + norms(tensors[2]!, 3)], 1e-6, 0);
    });
  });
});

describe('dispatches', () => {
  const kernelsOf = (config: TrainerConfig): string[] => planOf(config).dispatches.map(({ kernel }) => kernel);

  test.each(['none', 'layer', 'full'] as const)('penalties on activations add none, fusion %s', (fusion) => {
    expect(kernelsOf(configOf(narrowing, ACTIVITY, { fusion }))).toEqual(kernelsOf(configOf(narrowing, {}, { fusion })));
  });

  test('the orthogonal penalty adds two per layer that declares it, or has it in a replica', () => {
    const own = sequential([6], [dense(7), relu(), dense(4, { regularizers: [orthogonal(0)] }), dense(5)]);
    const labels = (config: TrainerConfig): string[] => planOf(config).dispatches
      .filter(({ kernel }) => kernel === 'gram' || kernel === 'orthogonal-gradient').map(({ kernel, label }) => `${kernel}: ${label}`);
    const pair = (layer: number): string[] => [`gram: layers.${layer} weight times itself`, `orthogonal-gradient: layers.${layer} orthogonal penalty`];
    expect(labels(configOf(own, {}))).toEqual(pair(1));
    expect(labels(configOf(own, {}, { replicas: [{}, { 'layers.2.orthogonal': 1 }] }))).toEqual([...pair(1), ...pair(2)]);
    expect(labels(configOf(odd, { orthogonal: 0 }))).toEqual([...pair(0), ...pair(1), ...pair(2)]);
    expect(labels(configOf(odd, ACTIVITY))).toEqual([]);
  });
});

describe('what cannot be is refused', () => {
  test('penalties on the logits, where they are given to the last layer itself', async () => {
    const wrong = sequential([6], [dense(7), relu(), dense(5, { regularizers: [activityL1(1e-3)] })]);
    await expect(Trainer.create(device(), configOf(wrong, {}))).rejects.toThrow(/layers\.1: activityL1 .*hidden layer/);
    await expect(Trainer.create(device(), configOf(wrong, {}))).rejects.toBeInstanceOf(InputError);
    const override = configOf(odd, {}, { replicas: [{ 'layers.2.activityL2': 1 }] });
    await expect(Trainer.create(device(), override)).rejects.toThrow(/layers\.2: activityL2/);
  });

  test.each([clipByValue(1), clipByNorm(1), clipByGlobalNorm(1)])('the orthogonal penalty with clipping, $by', async (clip) => {
    const config = configOf(odd, {}, { optimizer: sgd({ learningRate: 0.1, clip, regularizers: [orthogonal(1e-3)] }) });
    const made = Trainer.create(device(), config);
    await expect(made).rejects.toBeInstanceOf(InputError);
    await expect(made).rejects.toThrow(/orthogonal/);
  });

  test('set of a layer that was built without it', async () => {
    const own = sequential([6], [dense(7, { regularizers: [orthogonal(0)] }), relu(), dense(5)]);
    await withTrainer(device(), configOf(own, {}), async (trainer) => {
      expect(() => trainer.set({ 'layers.1.orthogonal': 1e-3 })).toThrow(/layers\.1 was built without orthogonal/);
      expect(() => trainer.set({ orthogonal: 1e-3 })).toThrow(InputError);
      trainer.set({ 'layers.0.orthogonal': 1e-3 });
    });
  });
});
