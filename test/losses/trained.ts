/** Every loss as users train with it: against the references and float64, weighted or not. */
import { expect, test } from 'vitest';
import { dataset, type Dataset, type DatasetOptions } from '../../src/data/dataset.ts';
import type { Fusion } from '../../src/compile/tiles.ts';
import { dense, dropout, tanh } from '../../src/model/layers/index.ts';
import {
  binaryCrossEntropy, huber, meanAbsoluteError, meanSquaredError, smoothL1, softmaxCrossEntropy,
} from '../../src/model/losses/makers.ts';
import type { Loss } from '../../src/model/losses/index.ts';
import { sequential } from '../../src/model/model.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { uniforms } from '../../src/random.ts';
import { elementLoss, softmaxCrossEntropy as crossEntropy, type ElementLoss, type LossResult } from '../../src/reference/index.ts';
import type { Evaluation } from '../../src/train/events.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { EPSILON, expectClose } from '../cases/compare.ts';
import { useDevice } from '../train/device.ts';

const device = useDevice();
const SAMPLES = 23, WIDTH = 7, OUTPUTS = 5, BATCH = 8;

const numbers = (length: number, stream: number): Float32Array => Float32Array.from(uniforms(length, 5, stream));
const inputs = numbers(SAMPLES * WIDTH, 1).map((u) => 2 * u - 1), vectors = numbers(SAMPLES * OUTPUTS, 2);
const classes = Uint32Array.from(numbers(SAMPLES, 3), (u) => Math.floor(u * OUTPUTS));
// One counts nothing.
const weights = numbers(SAMPLES, 4).map((u, i) => (i === 3 ? 0 : u + 0.25));

const setOf = (targets: Partial<DatasetOptions>): Dataset => dataset({ inputs, shape: [WIDTH], targets: vectors, targetWidth: OUTPUTS, ...targets });
const SETS: Readonly<Record<string, Dataset>> = {
  classes: setOf({ targets: classes, targetWidth: 0, classes: OUTPUTS }), 'weighted classes': setOf({ targets: classes, targetWidth: 0, classes: OUTPUTS, weights }),
  vectors: setOf({}), 'weighted vectors': setOf({ weights }), labels: setOf({ targets: vectors.map(Math.round), weights }),
};

const CLASS_WEIGHTS = [0.5, 2, 1, 0, 3];
const CASES: readonly (readonly [Loss, keyof typeof SETS])[] = [
  [softmaxCrossEntropy(), 'classes'], [softmaxCrossEntropy(), 'weighted classes'], [softmaxCrossEntropy(), 'weighted vectors'],
  [softmaxCrossEntropy({ mean: 'weights' }), 'weighted classes'], [softmaxCrossEntropy({ smoothing: 0.1 }), 'classes'],
  [softmaxCrossEntropy({ smoothing: 0.2, classWeights: CLASS_WEIGHTS, mean: 'weights' }), 'weighted classes'], [softmaxCrossEntropy({ classWeights: CLASS_WEIGHTS }), 'vectors'],
  [binaryCrossEntropy(), 'labels'], [binaryCrossEntropy({ positiveWeight: 3, mean: 'weights' }), 'weighted vectors'],
  [meanSquaredError(), 'vectors'], [meanSquaredError({ mean: 'weights' }), 'weighted vectors'], [meanAbsoluteError(), 'weighted vectors'],
  [huber({ delta: 0.3 }), 'vectors'], [smoothL1({ beta: 0.3 }), 'weighted vectors'],
];

/** Losses and hits of these outputs, by the references. */
function lossesOf(loss: Loss, data: Dataset, outputs: Float32Array): LossResult {
  const own = data.weights && { weights: data.weights }, shared = { batch: SAMPLES, count: SAMPLES, ...own };
  const targets = data.targets as Float32Array | Uint32Array;
  if (loss.type === 'softmax-cross-entropy') {
    return crossEntropy({
      ...shared, logits: outputs, targets, isVector: data.targetWidth > 0, classes: OUTPUTS, smoothing: loss.smoothing as number | undefined, classWeights: loss.classWeights,
    });
  }
  const { positiveWeight, delta, beta } = loss as { positiveWeight?: number; delta?: number; beta?: number };
  return elementLoss({ ...shared, loss: loss.type as ElementLoss, outputs, targets, width: OUTPUTS, number: positiveWeight ?? delta ?? beta });
}

function meanOf(loss: Loss, data: Dataset, losses: Float64Array): number {
  const sum = losses.reduce((a, b) => a + b, 0);
  if (loss.mean !== 'weights' || data.weights === undefined) return sum / SAMPLES;
  const ofClass = (i: number): number => (loss.type === 'softmax-cross-entropy' && data.targetWidth === 0 ? (loss.classWeights?.[(data.targets as Uint32Array)[i]!] ?? 1) : 1);
  return sum / data.weights.reduce((all, weight, i) => all + weight * ofClass(i), 0);
}

const nameOf = ({ type, ...rest }: Loss): string => `${type} ${JSON.stringify(rest)}`;

/** A test of each loss with this fusion. */
export function testTrained(fusion: Fusion): void {
  test.each(CASES.map(([loss, set]) => [nameOf(loss), set, loss] as const))(`%s over %s, fusion ${fusion}`, async (_, set, loss) => {
    const data = SETS[set]!, model = sequential([WIDTH], [dropout(0.1), dense(9), tanh(), dense(OUTPUTS)]);
    const trainer = await Trainer.create(device(), { model, loss, optimizer: sgd({ learningRate: 0.05, momentum: 0.5 }), batchSize: BATCH, fusion, seed: 3 });
    try {
      const report = await trainer.verify(data);
      expect(report.wrong).toEqual([]);
      const before = await trainer.evaluate(data) as Evaluation;
      const logits = await trainer.predict(data, { logits: true }) as Float32Array, want = lossesOf(loss, data, logits);
      expectClose('loss', [before.loss], [meanOf(loss, data, want.losses)], 64 * EPSILON, 1e-7);
      const isClassified = /cross-entropy/.test(loss.type);
      expect(before.accuracy).toBe(isClassified ? want.hits.reduce((a, b) => a + b, 0) / SAMPLES : NaN);
      await trainer.fit(data, { epochs: 30 });
      expect((await trainer.evaluate(data) as Evaluation).loss).toBeLessThan(0.97 * before.loss);
    } finally {
      trainer.destroy();
    }
  });
}
