/** Losses against PyTorch in double: values, gradients in both conventions of a weighted mean, and ten steps with each. */
import { describe, expect, test } from 'vitest';
import { dataset, type Dataset } from '../../src/data/dataset.ts';
import { heNormal } from '../../src/model/inits/makers.ts';
import { dense, tanh } from '../../src/model/layers/index.ts';
import { LOSS_NAMES, type Loss } from '../../src/model/losses/index.ts';
import { sequential } from '../../src/model/model.ts';
import { knowAll } from '../../src/model/know-all.ts';
import { sgd } from '../../src/model/optimizers/index.ts';
import { elementLoss, philox, softmaxCrossEntropy, type ElementLoss, type LossResult } from '../../src/reference/index.ts';
import type { Progress } from '../../src/train/events.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { EPSILON, expectClose } from '../cases/compare.ts';
import { float64Engine, tensorsOf, train } from '../float64/support.ts';
import { useDevice } from '../train/device.ts';
import { GOLDEN_STREAM } from './golden.ts';
import file from './losses.json' with { type: 'json' };

const device = useDevice();
knowAll();

const { sizes: [width, hidden, outputs], batch, samples, seed, steps } = file as typeof file & { sizes: [number, number, number] };
type Case = (typeof file.cases)[number];

const high = (stream: number, length: number): Uint32Array => philox({ seed, stream, step: 0, length }).map((word) => word >>> 24);
const inputs = Uint8Array.from(high(GOLDEN_STREAM.inputs, samples * width)), weights = Float32Array.from(high(file.streams.weights, samples), (u) => (u + 64) / 256);
const classes = Uint32Array.from(philox({ seed, stream: GOLDEN_STREAM.targets, step: 0, length: samples }), (word) => Math.floor((word / 2 ** 32) * outputs));
const vectors = Float32Array.from(high(file.streams.vectors, samples * outputs), (u) => u / 256);
const targetsOf = ({ targets }: Case): Uint32Array | Float32Array => (targets === 'classes' ? classes : targets === 'vectors' ? vectors : vectors.map((u) => Number(u >= 0.5)));

const lossOf = ({ type, options }: Case, mean: string): Loss => ({ type, ...options, mean }) as Loss;

/** What the mean over the first rows divides by. */
function divisorOf(own: Case, mean: string, isWeighted: boolean, count: number): number {
  if (mean === 'count') return count;
  const { classWeights } = own.options as { classWeights?: number[] };
  return classes.subarray(0, count).reduce((sum, c, i) => sum + (isWeighted ? weights[i]! : 1) * (own.targets === 'classes' ? (classWeights?.[c] ?? 1) : 1), 0);
}

function reference(own: Case, count: number, more: { weights?: Float32Array; divisor: number }): LossResult {
  const { smoothing, classWeights, positiveWeight, delta, beta } = own.options as Partial<Record<string, never>>;
  const isClass = own.targets === 'classes', targets = targetsOf(own).subarray(0, count * (isClass ? 1 : outputs)), shared = { targets, batch: count, count };
  if (own.type !== 'softmax-cross-entropy') {
    return elementLoss({ ...shared, ...more, loss: own.type as ElementLoss, outputs: own.outputs, width: outputs, number: positiveWeight ?? delta ?? beta });
  }
  const { divisor, ...weighted } = more;
  return softmaxCrossEntropy({ ...shared, ...weighted, logits: own.outputs, groupCount: divisor, classes: outputs, isVector: !isClass, smoothing, classWeights });
}

const setOf = (own: Case, isWeighted: boolean): Dataset => dataset({
  inputs, scale: 1 / 256, shape: [width], ...(own.targets === 'classes' ? { targets: classes, classes: outputs } : { targets: targetsOf(own), targetWidth: outputs }), ...(isWeighted && { weights }),
});

const nameOf = (own: Case): string => `${own.type} ${JSON.stringify(own.options)} of ${own.targets}`;

test('every loss has its golden values', () => {
  expect([...new Set(file.cases.map(({ type }) => type))].sort()).toEqual([...LOSS_NAMES].sort());
});

describe.each(file.cases.map((own) => [nameOf(own), own] as const))('%s', (_, own) => {
  test('losses, means and gradients to 1e-10', () => {
    const count = own.losses.length;
    expectClose('losses', reference(own, count, { divisor: 1 }).losses, own.losses, 1e-10, 1e-14);
    for (const { mean, weights: isWeighted, value, gradient } of own.runs) {
      const divisor = divisorOf(own, mean, isWeighted, count);
      const got = reference(own, count, { divisor, ...(isWeighted && { weights: weights.subarray(0, count) }) });
      expectClose(mean, [got.losses.reduce((a, b) => a + b, 0) / divisor], [value], 1e-10, 0);
      expectClose('gradient', got.gradient, gradient, 1e-10, 1e-14);
    }
  });

  // PyTorch's weights are drawn so: before a tanh it is not what is drawn where nobody says.
  const begun = { init: heNormal() };
  const config = (mean: string) => ({
    model: sequential([width], [dense(hidden, begun), tanh(), dense(outputs, begun)]), loss: lossOf(own, mean), batchSize: batch, seed,
    optimizer: sgd({ learningRate: file.learningRate, momentum: file.momentum }),
  });

  test.each(own.trained)('ten steps, mean over $mean, in float64 to 1e-10', async ({ mean, weights: isWeighted }) => {
    const golden = own.trained.find((one) => one.mean === mean)!;
    const made = await float64Engine({ ...config(mean), replicas: [{}], maxStepsPerSubmit: steps }), { samples: [got] } = await train(made, steps, setOf(own, isWeighted) as never);
    expect(got!.losses.length).toBe(samples);
    tensorsOf(made, 'parameters', 0).forEach((tensor, i) => expectClose(`tensor ${i}`, tensor, golden.parameters[i]!, 1e-10, 1e-10));
  });

  test.each(own.trained)('ten steps, mean over $mean, on the device', async ({ mean, weights: isWeighted }) => {
    const golden = own.trained.find((one) => one.mean === mean)!;
    const trainer = await Trainer.create(device(), { ...config(mean), verify: 'off' });
    try {
      const progress: Progress[] = [];
      await trainer.fit(setOf(own, isWeighted), { epochs: 1, stepsPerSubmit: 1, onProgress: (one) => progress.push(one) });
      // The first step's loss is of weights that are the same.
      expectClose('loss', [progress[0]!.loss], [golden.losses[0]!], 64 * EPSILON, 0);
      [...(await trainer.parameters()).values()].forEach((tensor, i) => {
        const wanted = golden.parameters[i]!, [rows, columns] = tensor.shape as [number, number?];
        // Files have [out, in].
        const turned = columns === undefined ? tensor : Float32Array.from(tensor, (_v, at) => tensor[(at % rows) * columns + Math.floor(at / rows)]!);
        // The bound of test/cases/network/golden.ts, for sums of at most 13 products.
        expectClose(`tensor ${i}`, turned, wanted, 0, 16 * EPSILON * Math.max(...wanted.map(Math.abs)));
      });
    } finally {
      trainer.destroy();
    }
  });
});
