/** Small networks of every shape through the Trainer, against the float64 reference's own training. */
import { describe, expect, test } from 'vitest';
import { dataset, type ClassDataset } from '../../src/data/dataset.ts';
import { HEAD_MAX_CLASSES } from '../../src/kernels/head.ts';
import { dense, dropout, relu } from '../../src/model/layers/index.ts';
import { sequential, type Model } from '../../src/model/model.ts';
import { softmaxCrossEntropy } from '../../src/model/losses/makers.ts';
import { describeNetwork } from '../../src/model/network.ts';
import type { Fusion } from '../../src/compile/tiles.ts';
import { permutation, STREAM, uniforms } from '../../src/random.ts';
import {
  referenceForward, referenceInit, referenceStep, softmax, softmaxCrossEntropy as referenceLoss, type Hyperparameters,
  type ReferenceBatch, type ReferenceState,
} from '../../src/reference/index.ts';
import type { TrainerConfig } from '../../src/train/trainer-config.ts';
import { planOf } from '../../src/train/estimate.ts';
import type { Trainer } from '../../src/train/trainer.ts';
import { EPSILON, expectClose } from '../cases/compare.ts';
import { goldenOptimizer } from '../cases/network/golden.ts';
import { referenceNetwork } from '../cases/network/gradients.ts';
import { fitAll, QUICK_TILES, withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const FUSIONS = ['none', 'layer', 'full'] as const;
const SEED = 3;
const HYPERPARAMETERS: Hyperparameters = { optimizer: 'momentum', learningRate: 0.1, momentum: 0.9, l1: 1e-3 };

interface DataSpec {
  readonly width: number;
  readonly classes: number;
  readonly samples: number;
  readonly format?: 'u8' | 'f32';
  readonly scale?: number;
  readonly offset?: number;
}

/** Random samples and classes. f32 values lie in (-1, 1). */
function randomData({ width, classes, samples, format = 'u8', scale, offset }: DataSpec): ClassDataset {
  const draws = uniforms(samples * width, 31, width);
  const inputs = format === 'u8' ? Uint8Array.from(draws, (u) => Math.floor(256 * u)) : Float32Array.from(draws, (u) => 2 * u - 1);
  const targets = Uint32Array.from(uniforms(samples, 37, classes), (u) => Math.floor(classes * u));
  return dataset({
    inputs, targets, shape: [width], classes, ...(scale !== undefined && { scale }), ...(offset !== undefined && { offset }),
  });
}

const batchOf = (data: ClassDataset, order: ArrayLike<number>, position: number, batch: number): ReferenceBatch => ({
  inputs: data.inputs, targets: data.targets, order, position, count: Math.min(batch, data.length - position), batch,
  scale: data.scale, offset: data.offset,
});

interface Trained {
  readonly state: ReferenceState;
  /** Per epoch, over all samples. */
  readonly losses: number[];
  readonly accuracies: number[];
}

/** The same training in float64. */
function trainReference(model: Model, data: ClassDataset, batch: number, epochs: number, seed = SEED): Trained {
  const network = referenceNetwork(describeNetwork(model), seed);
  let state = referenceInit(network);
  const losses: number[] = [], accuracies: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = permutation(data.length, seed, STREAM.shuffle, epoch);
    let loss = 0, hits = 0;
    for (let position = 0; position < data.length; position += batch) {
      const taken = batchOf(data, order, position, batch);
      const step = referenceStep(state, taken, { network, hyperparameters: HYPERPARAMETERS });
      loss += step.loss * taken.count;
      hits += step.hitCount;
      state = step.state;
    }
    losses.push(loss / data.length);
    accuracies.push(hits / data.length);
  }
  return { state, losses, accuracies };
}

/** All samples at once, dropout off. */
function evaluateReference(model: Model, data: ClassDataset, { weights }: ReferenceState) {
  const order = Uint32Array.from({ length: data.length }, (_, i) => i);
  const network = referenceNetwork(describeNetwork(model), SEED);
  const { logits } = referenceForward(weights, batchOf(data, order, 0, data.length), network);
  const shape = { logits, batch: data.length, classes: network.layers.at(-1)!.outWidth };
  const { losses, hits } = referenceLoss({ ...shape, targets: data.targets, count: data.length });
  const mean = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0) / data.length;
  return { logits, probabilities: softmax(shape), loss: mean(losses), accuracy: mean(hits) };
}

const initial = (model: Model, seed = SEED): ReferenceState => referenceInit(referenceNetwork(describeNetwork(model), seed));

const configOf = (model: Model, batchSize: number, changes: Partial<TrainerConfig> = {}): TrainerConfig => ({
  model, loss: softmaxCrossEntropy(), optimizer: goldenOptimizer(HYPERPARAMETERS), batchSize, seed: SEED, tiles: QUICK_TILES,
  maxStepsPerSubmit: 4, ...changes,
});

/** Every tensor within 16 epsilons of its largest value: sums of few products, few steps. */
async function expectWeights(trainer: Trainer, model: Model, { weights }: ReferenceState): Promise<void> {
  const got = await trainer.parameters();
  describeNetwork(model).tensors.forEach(({ name, shape }, i) => {
    const want = weights[i]!;
    const [rows, columns] = shape;
    // Files and `parameters` are [out, in], the reference is [in, out].
    const values = columns === undefined ? got.get(name)! : want.map((_, at) => got.get(name)![(at % columns) * rows! + Math.floor(at / columns)]!);
    const largest = want.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expectClose(name, values, want, 0, 16 * EPSILON * largest, columns);
  });
}

interface Shape {
  readonly name: string;
  readonly model: Model;
  readonly data: DataSpec;
  readonly batch: number;
  /** Default all. Fused kernels have more to get wrong, and cost a software adapter more time. */
  readonly fusions?: readonly Fusion[];
}

const SHAPES: readonly Shape[] = [
  { name: 'softmax regression', model: sequential([9], [dense(4)]), data: { width: 9, classes: 4, samples: 21 }, batch: 8 },
  { name: 'softmax regression with dropout of inputs', fusions: ['full'], model: sequential([3, 3], [dropout(0.3), dense(4)]), data: { width: 9, classes: 4, samples: 21 }, batch: 8 },
  { name: 'odd widths', fusions: ['none', 'full'], model: sequential([7], [dense(17), relu(), dense(1), dense(3)]), data: { width: 7, classes: 3, samples: 11 }, batch: 5 },
  { name: 'one input', fusions: ['layer'], model: sequential([1], [dense(5), relu(), dense(2)]), data: { width: 1, classes: 2, samples: 6 }, batch: 4 },
  { name: 'one class', fusions: ['full'], model: sequential([3], [dense(5), relu(), dense(1)]), data: { width: 3, classes: 1, samples: 6 }, batch: 4 },
  { name: 'batches of one', fusions: ['layer', 'full'], model: sequential([6], [dense(5), relu(), dense(3)]), data: { width: 6, classes: 3, samples: 5 }, batch: 1 },
  { name: 'a batch larger than the data set', fusions: ['none', 'full'], model: sequential([6], [dense(5), relu(), dense(3)]), data: { width: 6, classes: 3, samples: 5 }, batch: 37 },
  { name: 'more than sixteen classes', fusions: ['layer', 'full'], model: sequential([6], [dense(5), relu(), dense(21)]), data: { width: 6, classes: 21, samples: 19 }, batch: 8 },
  {
    name: 'dropout after a product without ReLU', batch: 8, data: { width: 13, classes: 5, samples: 21 },
    model: sequential([13], [dropout(0.2), dense(9), dropout(0.4), dense(6), dropout(0.5), dense(5)]),
  },
  {
    name: 'f32 with scale and offset', fusions: ['layer', 'full'], model: sequential([7], [dense(6), relu(), dropout(0.25), dense(3)]), batch: 8,
    data: { width: 7, classes: 3, samples: 21, format: 'f32', scale: 0.5, offset: -0.75 },
  },
  {
    name: 'u8 with scale and offset', fusions: ['none'], model: sequential([7], [dropout(0.25), dense(6), relu(), dense(3)]), batch: 8,
    data: { width: 7, classes: 3, samples: 21, scale: 2 / 255, offset: -1 },
  },
  {
    name: 'the most classes a fused head takes', model: sequential([5], [dense(3), relu(), dense(HEAD_MAX_CLASSES)]), batch: 4,
    data: { width: 5, classes: HEAD_MAX_CLASSES, samples: 3 }, fusions: ['full'],
  },
  {
    name: 'more classes than a fused head takes', model: sequential([5], [dense(3), relu(), dense(HEAD_MAX_CLASSES + 3)]), batch: 4,
    data: { width: 5, classes: HEAD_MAX_CLASSES + 3, samples: 6 }, fusions: ['full', 'layer'],
  },
];

const runs = SHAPES.flatMap((shape) => (shape.fusions ?? FUSIONS).map((fusion) => ({ ...shape, fusion })));

describe('two epochs of training equal the reference', () => {
  test.each(runs)('$name, fusion $fusion', async ({ model, data: spec, batch, fusion }) => {
    const data = randomData(spec);
    const { state, losses, accuracies } = trainReference(model, data, batch, 2);
    await withTrainer(device(), configOf(model, batch, { fusion }), async (trainer) => {
      const history = await fitAll(trainer, data, { epochs: 2 });
      expectClose('losses', history.map(({ loss }) => loss), losses, 1e-5, 1e-6);
      expect(history.map(({ accuracy }) => accuracy)).toEqual(accuracies);
      await expectWeights(trainer, model, state);
      const want = evaluateReference(model, data, state);
      const got = await trainer.evaluate(data) as { loss: number; accuracy: number };
      expectClose('loss', [got.loss], [want.loss], 1e-5, 1e-6);
      expect(got.accuracy).toBe(want.accuracy);
    });
  });

  test('the fused head is used up to its limit, and not beyond', () => {
    const kernels = (classes: number): string[] =>
      planOf(configOf(sequential([5], [dense(3), relu(), dense(classes)]), 4, { fusion: 'full' })).dispatches.map(({ kernel }) => kernel);
    expect(kernels(HEAD_MAX_CLASSES)).toEqual(['gather', 'dense-forward', 'head', 'network-weight-update']);
    expect(kernels(HEAD_MAX_CLASSES + 3)).toEqual([
      'gather', 'dense-forward', 'dense-forward', 'softmax-cross-entropy', 'dense-input-gradient', 'network-weight-update',
    ]);
  });
});

const model = sequential([7], [dropout(0.5), dense(6), relu(), dense(5)]);
const SEEDS = [SEED, 8, 21];
const BATCH = 8;

describe('evaluate', () => {
  // Less than a batch, one, one more, several submits and a remainder.
  test.each([1, 3])('counts each sample once, whatever their number, R = %s', async (replicas) => {
    const seeds = SEEDS.slice(0, replicas);
    await withTrainer(device(), configOf(model, BATCH, { replicas: seeds.map((seed) => ({ seed })) }), async (trainer) => {
      for (const samples of [1, 7, 8, 9, 45, 64]) {
        const data = randomData({ width: 7, classes: 5, samples });
        const want = seeds.map((seed) => evaluateReference(model, data, initial(model, seed)));
        // Evaluation has no dropout and no memory: twice is the same.
        for (const time of ['first', 'second']) {
          const result = await trainer.evaluate(data);
          expect(Array.isArray(result)).toBe(replicas > 1);
          const got = [result].flat();
          expectClose(`${samples} samples, ${time}`, got.map(({ loss }) => loss), want.map(({ loss }) => loss), 1e-6, 0);
          expect(got.map(({ accuracy }) => accuracy)).toEqual(want.map(({ accuracy }) => accuracy));
        }
      }
      expect(trainer.step).toBe(0);
    });
  });
});

describe('predict', () => {
  /** 16 epsilons of the largest logit; probabilities are at most 1, and the exponential passes the logits' error on. */
  const expectLogits = (label: string, got: ArrayLike<number>, want: Float64Array): void =>
    expectClose(label, got, want, 0, 16 * EPSILON * want.reduce((most, z) => Math.max(most, Math.abs(z)), 1), 5);

  test('one sample, a batch, more than two batches; as u8, as f32 and as a data set', async () => {
    await withTrainer(device(), configOf(model, BATCH), async (trainer) => {
      for (const samples of [1, 8, 11, 45]) {
        const data = randomData({ width: 7, classes: 5, samples });
        const { logits, probabilities } = evaluateReference(model, data, initial(model));
        const bytes = data.inputs as Uint8Array;
        const forms = { u8: bytes, f32: Float32Array.from(bytes, (byte) => byte / 255), 'a data set': data };
        for (const [form, inputs] of Object.entries(forms)) {
          const got = await trainer.predict(inputs) as Float32Array;
          expect(got).toBeInstanceOf(Float32Array);
          expectLogits(`${samples} as ${form}, probabilities`, got, probabilities);
          for (let row = 0; row < samples; row++) {
            expect(got.subarray(5 * row, 5 * row + 5).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
          }
          expectLogits(`${samples} as ${form}, logits`, await trainer.predict(inputs, { logits: true }) as Float32Array, logits);
        }
      }
    });
  });

  test('a list for replicas, each its own network\'s', async () => {
    const data = randomData({ width: 7, classes: 5, samples: 19, format: 'f32', scale: 3, offset: 0.5 });
    await withTrainer(device(), configOf(model, BATCH, { replicas: SEEDS.map((seed) => ({ seed })) }), async (trainer) => {
      const [probabilities, logits] = [await trainer.predict(data), await trainer.predict(data, { logits: true })] as [Float32Array[], Float32Array[]];
      expect([probabilities.length, logits.length]).toEqual([3, 3]);
      SEEDS.forEach((seed, replica) => {
        const want = evaluateReference(model, data, initial(model, seed));
        expectLogits(`replica ${replica}, probabilities`, probabilities[replica]!, want.probabilities);
        expectLogits(`replica ${replica}, logits`, logits[replica]!, want.logits);
      });
    });
  });

  test('batches of one, and calls side by side', async () => {
    const data = randomData({ width: 7, classes: 5, samples: 3 });
    const { probabilities } = evaluateReference(model, data, initial(model));
    await withTrainer(device(), configOf(model, 1), async (trainer) => {
      const parts = await Promise.all([0, 1, 2].map((row) => trainer.predict(data.inputs.slice(7 * row, 7 * row + 7))));
      parts.forEach((part, row) => expectLogits(`row ${row}`, part as Float32Array, probabilities.slice(5 * row, 5 * row + 5)));
      expectLogits('together', await trainer.predict(data) as Float32Array, probabilities);
    });
  });
});
