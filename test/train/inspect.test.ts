/** What `inspect` says of activations and gradients, against the float64 reference and against mathematics; and that it changes nothing. */
import { describe, expect, test } from 'vitest';
import { dataset } from '../../src/data/dataset.ts';
import { statisticsOf } from '../../src/data/statistics.ts';
import { dense, dropout, relu, sigmoid, softmax, tied } from '../../src/model/layers/index.ts';
import { constant, glorotUniform, heNormal } from '../../src/model/inits/makers.ts';
import { meanSquaredError } from '../../src/model/losses/makers.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { normalize } from '../../src/model/normalize-maker.ts';
import type { Normalize } from '../../src/model/normalize.ts';
import { describeNetwork } from '../../src/model/network.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { activityL1 } from '../../src/model/regularizers.ts';
import { normals, uniforms } from '../../src/random.ts';
import { denseForward, denseInputGradient, denseWeightGradient, referenceForward, softmaxCrossEntropy } from '../../src/reference/index.ts';
import type { Inspection, InspectOptions, Statistics } from '../../src/train/inspect.ts';
import type { Trainer } from '../../src/train/trainer.ts';
import { EPSILON } from '../cases/compare.ts';
import { referenceNetwork } from '../cases/network/gradients.ts';
import { fitAll, smallConfig, smallData, smallModel, tensorBits, trainingData, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';
import { Watch } from './watch.ts';

const device = useDevice();
const data = trainingData();

/** What is written down of a list of numbers. */
interface Wanted extends Statistics {
  readonly largest: number;
}

function wantedOf(values: ArrayLike<number>): Wanted {
  const list = Array.from(values), mean = list.reduce((a, b) => a + b, 0) / list.length;
  const variance = list.map((value) => (value - mean) ** 2).reduce((a, b) => a + b, 0) / list.length;
  return { mean, deviation: Math.sqrt(variance), zeros: list.filter((value) => value === 0).length / list.length, largest: Math.max(...list.map(Math.abs)) };
}

/** Sums of few rounded products: within 16 roundings of the largest element. */
function expectStatistics(label: string, got: Statistics, want: Wanted): void {
  const allowed = 16 * EPSILON * want.largest;
  expect(Math.abs(got.mean - want.mean), `${label}: mean ${got.mean}, wanted ${want.mean}`).toBeLessThanOrEqual(allowed);
  expect(Math.abs(got.deviation - want.deviation), `${label}: deviation ${got.deviation}, wanted ${want.deviation}`).toBeLessThanOrEqual(allowed);
  expect(got.zeros, `${label}: zeros`).toBe(want.zeros);
}

/** Weights as the reference has them, [in, out], of one replica. */
async function weightsOf(trainer: Trainer, model: Model, replica: number): Promise<Float64Array[]> {
  const parameters = await trainer.parameters();
  return describeNetwork(model).tensors.map(({ name, shape: [rows, columns], length }) => {
    const own = parameters.get(name)!.subarray(replica * length, (replica + 1) * length);
    return Float64Array.from(own, (value, at) => (columns === undefined ? value : own[(at % columns) * rows! + Math.floor(at / columns)]!));
  });
}

/** Forward and backward by the reference's kernels, dropout off. */
function expectInspection(got: Inspection, weights: readonly Float64Array[], model: Model, samples: number): void {
  const network = referenceNetwork(describeNetwork(model), 0), order = Uint32Array.from({ length: samples }, (_, i) => i);
  const batch = { inputs: data.inputs, targets: data.targets, scale: data.scale, offset: data.offset, order, position: 0, count: samples, batch: samples };
  const { activations, logits } = referenceForward(weights, batch, network);
  let delta = softmaxCrossEntropy({ batch: samples, count: samples, logits, targets: data.targets.subarray(0, samples), classes: 5 }).gradient;
  expect(got.layers.map(({ name }) => name)).toEqual(network.layers.map((_, n) => `layers.${n}`));
  for (let n = network.layers.length - 1; n >= 0; n--) {
    const { inWidth, outWidth } = network.layers[n]!, input = activations[n]!, output = activations[n + 1]!, own = got.layers[n]!, shape = { batch: samples, inWidth, outWidth };
    expect(own.units).toBe(outWidth);
    expectStatistics(`z of ${n}`, own.preactivations, wantedOf(denseForward({ ...shape, activation: 'none', input, weight: weights[2 * n]!, bias: weights[2 * n + 1]! })));
    expectStatistics(`h of ${n}`, own.outputs, wantedOf(output));
    const rows = Array.from({ length: samples }, (_, row) => wantedOf(output.subarray(row * outWidth, (row + 1) * outWidth)).deviation ** 2);
    expect(Math.abs(own.outputs.unitDeviation - Math.sqrt(rows.reduce((a, b) => a + b, 0) / samples))).toBeLessThanOrEqual(16 * EPSILON * wantedOf(output).largest);
    const dead = Array.from({ length: outWidth }, (_, unit) => rows.every((_row, row) => output[row * outWidth + unit] === 0)).filter(Boolean).length;
    expect(own.outputs.dead).toBe(dead / outWidth);
    expectStatistics(`gradient of ${n}`, own.gradient!, wantedOf(delta));
    expectStatistics(`weight gradient of ${n}`, own.weightGradient!, wantedOf(denseWeightGradient({ ...shape, input, delta })));
    if (n === 0) break;
    const { activation } = network.layers[n - 1]!;
    delta = denseInputGradient({ ...shape, delta, weight: weights[2 * n]!, below: { activation, output: activations[n]! } });
  }
}

const inspectAll = async (trainer: Trainer, options?: InspectOptions): Promise<Inspection[]> => [await trainer.inspect(data, options)].flat();

describe('inspect', () => {
  test.each(['none', 'full'] as const)('agrees with the reference, dropout off, before and after training with fusion %s', async (fusion) => {
    const model = smallModel();
    await withTrainer(device(), smallConfig({ fusion, replicas: [{}, { seed: 9, dropout: 0.25 }] }), async (trainer) => {
      for (const options of [undefined, { samples: 45 }, { samples: 1 }, { samples: 99 }]) {
        const found = await inspectAll(trainer, options), samples = Math.min(45, options?.samples ?? 8);
        expect(found.map(({ step, samples: own }) => [step, own])).toEqual([[0, samples], [0, samples]]);
        for (const [replica, own] of found.entries()) expectInspection(own, await weightsOf(trainer, model, replica), model, samples);
      }
      await fitAll(trainer, data, { epochs: 2, steps: 9 });
      const [first] = await inspectAll(trainer, { samples: 13 });
      expect(first!.step).toBe(9);
      expectInspection(first!, await weightsOf(trainer, model, 0), model, 13);
    });
  });

  test('leaves penalties and accumulation out: the gradient is that of the mean loss of its samples', async () => {
    const plain = sequential([13], [dense(11), relu(), dense(5)]), penalised = sequential([13], [dense(11, { regularizers: [activityL1(0.5)] }), relu(), dense(5)]);
    const [want] = await withTrainer(device(), smallConfig({ model: plain, fusion: 'none' }), (trainer) => inspectAll(trainer));
    const [got] = await withTrainer(device(), smallConfig({ model: penalised, fusion: 'none', accumulate: 2 }), (trainer) => inspectAll(trainer));
    expect(got).toEqual(want);
  });

  test('frozen, tied and declared layers: what is not trained has no gradient', async () => {
    const first = dense(11, { frozen: true }), model = sequential([13], [first, relu(), dense(7, { frozen: true }), relu(), dense(5), softmax()]);
    const [frozen] = await withTrainer(device(), smallConfig({ model, fusion: 'none' }), (trainer) => inspectAll(trainer));
    expect(frozen!.layers.map(({ gradient, weightGradient }) => [gradient !== undefined, weightGradient !== undefined])).toEqual([[false, false], [false, false], [true, true]]);
    const [free] = await withTrainer(device(), smallConfig({ model: sequential([13], [dense(11), relu(), dense(7), relu(), dense(5)]), fusion: 'none' }), (trainer) => inspectAll(trainer));
    expect(frozen!.layers[2]).toEqual(free!.layers[2]); // The same weights, and logits in both.
    const again = dense(13), [twice] = await withTrainer(device(), smallConfig({ model: sequential([13], [again, relu(), tied(again), relu(), dense(5)]), fusion: 'none' }), (trainer) => inspectAll(trainer));
    expect(twice!.layers.map(({ name, units, weightGradient }) => [name, units, weightGradient!.deviation > 0])).toEqual([['layers.0', 13, true], ['layers.1', 5, true]]);
  });

  test('takes losses of values, weighted samples and f32 inputs', async () => {
    // One linear unit from one input: z = w x + b, with w = 2 and b = 0; d (mean weighted (z - t)^2) / dz = 2 weight (z - t) / n.
    const model = sequential([1], [dense(1, { init: constant(2) })]);
    const values = dataset({ inputs: new Float32Array([1, -1, 3]), targets: new Float32Array([1, 0, 2]), targetWidth: 1, shape: [1], weights: [1, 2, 0.5] });
    const config = smallConfig({ model, loss: meanSquaredError(), optimizer: sgd({ learningRate: 0.1 }), fusion: 'none' });
    const found = await withTrainer(device(), config, (trainer) => trainer.inspect(values)) as Inspection;
    // z = 2, -2, 6; z - t = 1, -2, 4; gradients 2/3, -8/3, 4/3; of w: 2/3 + 8/3 + 4 = 22/3.
    const [layer] = found.layers;
    expect(layer!.preactivations.mean).toBeCloseTo(2, 6);
    expect(layer!.preactivations.deviation).toBeCloseTo(Math.sqrt(32 / 3), 6);
    expect(layer!.gradient!.mean).toBeCloseTo(-2 / 9, 6);
    expect(layer!.weightGradient).toMatchObject({ deviation: 0, zeros: 0 });
    expect(layer!.weightGradient!.mean).toBeCloseTo(22 / 3, 5);
  });
});

describe('inspect changes nothing', () => {
  const train = async (trainer: Trainer, looks: boolean): Promise<unknown> => {
    const during: Promise<unknown>[] = [], look = async (): Promise<unknown> => (looks ? trainer.inspect(data) : undefined);
    await look();
    const history = await fitAll(trainer, data, { epochs: 3, steps: 3 });
    await look();
    const rest = await fitAll(trainer, data, { epochs: 3, ...(looks && { onProgress: () => void during.push(look()) }) });
    await Promise.all([...during, look()]);
    return [history, rest, await trainer.save(), await tensorBits(trainer), trainer.memory()];
  };

  test('weights, state, streams and history are the same to the last bit, and its memory is freed', async () => {
    const config = smallConfig({ replicas: [{}, { seed: 5 }] });
    const want = await withTrainer(device(), config, (trainer) => train(trainer, false));
    expect(await withTrainer(device(), config, (trainer) => train(trainer, true))).toEqual(want);
    await withTrainer(device(), config, async (trainer) => {
      const watch = new Watch(device().gpu);
      await trainer.inspect(data);
      expect(watch.liveBytes).toBe(0);
      expect(watch.count('createBuffer')).toBeGreaterThan(0);
      watch.restore();
    });
  });

  test('where it does not fit the budget, it says so and the trainer goes on', async () => {
    const bytes = await withTrainer(device(), smallConfig(), async (trainer) => trainer.memory().total);
    await withTrainer(device(), smallConfig({ memoryBudgetBytes: bytes + 10_000 }), async (trainer) => {
      await expect(trainer.inspect(data)).rejects.toMatchObject({ code: 'out-of-memory' });
      await fitAll(trainer, data, { epochs: 1 });
    });
  });

  test('what it cannot take is refused', async () => {
    await withTrainer(device(), smallConfig(), async (trainer) => {
      await expect(trainer.inspect(smallData(9, { width: 14 }))).rejects.toThrow('samples have 14 values, the model takes 13.');
      await expect(trainer.inspect(data, { samples: 0 })).rejects.toThrow('inspect: samples must be a whole number of 1 or more, got 0.');
      await expect(trainer.inspect(data, { sample: 3 } as object)).rejects.toThrow('Did you mean samples?');
      await expect(trainer.inspect({} as typeof data)).rejects.toThrow('The data to inspect with must be a data set');
    });
  });
});

const DEPTH = 6, WIDTH = 96;
const deep = (layer: () => Model['layers'], last = dense(4)): Model => sequential([WIDTH], [...Array.from({ length: DEPTH }, layer).flat(), last]);
const gaussian = dataset({
  inputs: Float32Array.from(normals(64 * WIDTH, 5, 0)), targets: Uint32Array.from(uniforms(64, 5, 1), (u) => Math.floor(4 * u)), shape: [WIDTH], classes: 4,
});
const inspectDeep = async (model: Model, seeds = 1): Promise<Inspection[]> => withTrainer(
  device(), smallConfig({ model, batchSize: 64, fusion: 'none', replicas: Array.from({ length: seeds }, (_, i) => ({ seed: 20 + i })) }), async (trainer) => [await trainer.inspect(gaussian)].flat(),
);
const secondMoment = ({ mean, deviation }: Statistics): number => mean ** 2 + deviation ** 2;
const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe('what the articles say of deep networks', () => {
  test('He normal keeps the second moment of a ReLU network: E z^2 is 2 E x^2 in every layer (He et al. 2015, eq. 10)', async () => {
    const found = await inspectDeep(deep(() => [dense(WIDTH, { init: heNormal() }), relu()]), 12);
    for (let n = 0; n < DEPTH; n++) {
      const moment = meanOf(found.map(({ layers }) => secondMoment(layers[n]!.preactivations)));
      // Each layer multiplies it by a number of mean 1 and variance 5 / WIDTH: over twelve seeds within four deviations.
      const sigma = Math.sqrt((5 / WIDTH) * (n + 1) / found.length);
      expect(Math.abs(moment / 2 - 1), `layer ${n}: ${moment}`).toBeLessThan(4 * sigma);
    }
  });

  test('sigmoid with Glorot uniform: what a gradient keeps of itself is a quarter per layer at most (Glorot, Bengio 2010)', async () => {
    const [{ layers }] = await inspectDeep(deep(() => [dense(WIDTH, { init: glorotUniform() }), sigmoid()])) as [Inspection];
    for (let n = 1; n < DEPTH; n++) expect(layers[n - 1]!.gradient!.deviation / layers[n]!.gradient!.deviation).toBeLessThan(0.3);
    expect(layers[0]!.gradient!.deviation).toBeLessThan(layers[DEPTH - 1]!.gradient!.deviation / 500);
  });

  test('constant weights: all units of a layer do the same, and stay alike', async () => {
    const model = deep(() => [dense(WIDTH, { init: constant(0.01) }), sigmoid(), dropout(0)], dense(4, { init: constant(0.01) }));
    await withTrainer(device(), smallConfig({ model, batchSize: 64, fusion: 'none' }), async (trainer) => {
      const looks = async (): Promise<number[]> => (await trainer.inspect(gaussian) as Inspection).layers.slice(0, DEPTH).map(({ outputs }) => outputs.unitDeviation);
      expect(await looks()).toEqual(Array.from({ length: DEPTH }, () => 0));
      await fitAll(trainer, gaussian, { epochs: 2 });
      expect(await looks()).toEqual(Array.from({ length: DEPTH }, () => 0));
    });
  });
});

describe('what normalises', () => {
  const far = smallData(45), model = sequential([13], [dense(7), relu(), dense(5)]);
  const inputs = Float32Array.from(far.inputs, (x) => 3 + x / 25), raw = dataset({ inputs, targets: far.targets, classes: 5, shape: [13] });

  test('is learned of the data for a look before training, and not kept', async () => {
    const { mean, deviation } = statisticsOf(raw, 'feature'), given = { mean: [...mean], deviation: [...deviation] };
    const before = (normalization: Normalize): Promise<unknown> => withTrainer(device(), smallConfig({ model, normalize: normalization, replicas: [{}] }), async (trainer) => trainer.inspect(raw));
    expect(await before(normalize())).toEqual(await before(normalize(given)));
    await withTrainer(device(), smallConfig({ model, normalize: normalize(), replicas: [{}] }), async (trainer) => {
      await trainer.inspect(raw);
      await expect(trainer.evaluate(raw)).rejects.toThrow(/not known yet/);
    });
  });
});
