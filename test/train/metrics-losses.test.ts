/** Metrics of losses that are not of class indices: values, labels, soft targets, samples that are their own targets, weights. */
import { describe, expect, test } from 'vitest';
import {
  binaryCrossEntropy, dataset, dense, meanSquaredError, sequential, sgd, softmaxCrossEntropy, Trainer,
  type Classified, type Dataset, type Evaluation, type Loss, type MetricName, type TrainerConfig,
} from '../../src/index.ts';
import { metricsOf, scorer, type Task } from '../../src/metrics/index.ts';
import { uniforms } from '../../src/random.ts';
import { withTrainer } from '../cases/network/support.ts';
import { useDevice } from './device.ts';

const device = useDevice();
const LENGTH = 21, WIDTH = 6, BATCH = 8;
const drawn = (length: number, id: number): Float32Array => Float32Array.from(uniforms(length, 5, id), (u) => 2 * u - 1);
const config = (loss: Loss, outputs: number): TrainerConfig => ({
  model: sequential([WIDTH], [dense(outputs)]), loss, optimizer: sgd({ learningRate: 0.1 }), batchSize: BATCH, verify: 'off',
});
const data = (more: object): Dataset => dataset({ inputs: drawn(LENGTH * WIDTH, 1), shape: [WIDTH], ...more } as never);

/** What evaluate tells is what the room makes of what predict gives. */
async function agree(loss: Loss, set: Dataset, task: Task, names: readonly MetricName[], targets: Float32Array | Uint32Array, confusion = false): Promise<Evaluation> {
  return withTrainer(device(), config(loss, task.width), async (trainer) => {
    const own = scorer(task, { metrics: metricsOf('metrics', names), confusion });
    const outputs = await trainer.predict(set, { logits: true }) as Float32Array, per = targets.length / LENGTH;
    // In the trainer's batches, so that all bits agree.
    for (let first = 0; first < LENGTH; first += BATCH) {
      const count = Math.min(BATCH, LENGTH - first);
      own.add({ count, outputs: outputs.subarray(first * task.width), stride: task.width, targets: targets.subarray(per * first, per * (first + count)) });
    }
    const evaluation = await trainer.evaluate(set, { metrics: names, confusion }) as Evaluation, { metrics, confusion: matrix } = own.value();
    expect({ metrics: evaluation.metrics, confusion: evaluation.confusion }).toEqual({ metrics, confusion: matrix });
    return evaluation;
  });
}

test('values', async () => {
  const targets = drawn(LENGTH * 3, 2), names = ['mae', 'mse', 'rmse', 'r2'] as const;
  const { loss, metrics } = await agree(meanSquaredError(), data({ targets, targetWidth: 3 }), { outputs: 'values', width: 3 }, names, targets);
  expect(metrics!['mse']).toBeCloseTo(loss, 5);
  // Weights are the loss's, not the metrics'.
  const weights = drawn(LENGTH, 3).map(Math.abs);
  const weighted = await agree(meanSquaredError(), data({ targets, targetWidth: 3, weights }), { outputs: 'values', width: 3 }, names, targets);
  expect(weighted.metrics).toEqual(metrics);
  expect(weighted.loss).not.toBeCloseTo(loss, 2);
});

test.each([['f32', drawn(LENGTH * WIDTH, 4)], ['u8', Uint8Array.from(drawn(LENGTH * WIDTH, 4), (u) => 100 + 99 * u)]])('samples that are their own targets: %s', async (_, inputs) => {
  const set = data({ inputs, targets: 'inputs', scale: 0.01, offset: 0.25 });
  await agree(meanSquaredError(), set, { outputs: 'values', width: WIDTH }, ['mae', 'rmse', 'r2'], Float32Array.from(inputs, (x) => x * set.scale + set.offset));
});

describe('labels', () => {
  const targets = Float32Array.from(uniforms(LENGTH * 3, 6, 6), (u) => Number(u < 0.4));
  const names = ['binaryAccuracy', 'binaryAccuracy@0.3', 'f1', 'f1Micro', 'precision@0.3', 'recallWeighted', 'mae', 'r2'] as const;
  test('several', async () => {
    await agree(binaryCrossEntropy(), data({ targets, targetWidth: 3 }), { outputs: 'labels', width: 3 }, names, targets);
  });

  test('one, and whether it is there', async () => {
    const own = targets.subarray(0, LENGTH), set = data({ targets: own, targetWidth: 1 });
    const { accuracy, metrics, confusion } = await agree(binaryCrossEntropy(), set, { outputs: 'labels', width: 1 }, [...names, 'f1Binary'], own, true);
    expect(metrics!['binaryAccuracy']).toBe(accuracy);
    expect((confusion![0]![0]! + confusion![1]![1]!) / LENGTH).toBe(accuracy);
    await withTrainer(device(), config(binaryCrossEntropy(), 1), async (trainer) => {
      const probabilities = await trainer.predict(set) as Float32Array, found = await trainer.classify(set, { names: ['no', 'yes'], top: 2 }) as Classified[];
      found.forEach(({ label, index, probability, top }, i) => {
        expect([label, index]).toEqual(probabilities[i]! > 0.5 ? ['yes', 1] : ['no', 0]);
        expect(probability).toBeCloseTo(Math.max(probabilities[i]!, 1 - probabilities[i]!), 6);
        expect(top!.reduce((sum, one) => sum + one.probability, 0)).toBeCloseTo(1, 14);
      });
    });
  });

  test('that are no labels are refused where they are counted, before any step', async () => {
    const soft = data({ targets: targets.map((t) => 0.1 + 0.8 * t), targetWidth: 3 });
    await withTrainer(device(), { ...config(binaryCrossEntropy(), 3), metrics: ['f1'] }, async (trainer) => {
      await expect(trainer.evaluate(soft)).rejects.toThrow('data: f1 wants labels of 0 and 1, and label 0 of sample 0 is');
      expect((await trainer.evaluate(soft, { metrics: ['mae'] }) as Evaluation).metrics!['mae']).toBeGreaterThan(0);
      await expect((async () => await trainer.fit(soft, { epochs: 1, validation: soft }))()).rejects.toThrow('Leave that metric out.');
      expect(trainer.step).toBe(0);
      await expect(trainer.classify(soft)).rejects.toThrow('classify tells one class of each sample, and this loss is of 3 labels. Use predict.');
      await expect(trainer.evaluate(soft, { confusion: true, metrics: [] })).rejects.toThrow('Leave it out.');
    });
  });
});

test('probabilities of classes as targets: the most probable is the class', async () => {
  const targets = new Float32Array(LENGTH * 4), hard = Uint32Array.from(uniforms(LENGTH, 8, 8), (u) => Math.floor(4 * u));
  hard.forEach((target, i) => targets.fill(0.1, 4 * i, 4 * i + 4).fill(0.7, 4 * i + target, 4 * i + target + 1));
  const { accuracy, metrics } = await agree(softmaxCrossEntropy(), data({ targets, targetWidth: 4 }), { outputs: 'classes', width: 4 }, ['f1Micro', 'top2'], hard, true);
  expect(metrics!['f1Micro']).toBe(accuracy);
});

test('class indices of weighted samples', async () => {
  const targets = Uint32Array.from(uniforms(LENGTH, 9, 9), (u) => Math.floor(4 * u));
  await agree(softmaxCrossEntropy(), data({ targets, classes: 4, weights: drawn(LENGTH, 3).map(Math.abs) }), { outputs: 'classes', width: 4 }, ['f1', 'top2'], targets, true);
});

test('what does not suit the loss is refused', async () => {
  await expect(Trainer.create(device(), { ...config(meanSquaredError(), 2), metrics: ['accuracy'] })).rejects.toThrow("this loss is of values. Use 'mae', 'mse', 'rmse' or 'r2'.");
  await expect(Trainer.create(device(), { ...config(binaryCrossEntropy(), 2), metrics: ['top2'] })).rejects.toThrow("this loss is of labels. Use 'binaryAccuracy' or 'f1'.");
});
