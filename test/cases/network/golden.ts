/** Ten training steps through the Trainer against PyTorch in double: losses, hits, weights and optimizer state. */
import { dataset, type Dataset } from '../../../src/data/dataset.ts';
import type { Device } from '../../../src/device/index.ts';
import { dense, dropout, relu, sequential, type Layer, type Model } from '../../../src/model/layers.ts';
import { softmaxCrossEntropy } from '../../../src/model/losses.ts';
import { adam, sgd, type Optimizer } from '../../../src/model/optimizers.ts';
import { elasticNet, l1, l2, type Regularizer } from '../../../src/model/regularizers.ts';
import type { Fusion } from '../../../src/model/tiles.ts';
import type { Hyperparameters } from '../../../src/reference/index.ts';
import { asFloat32, readSafetensors } from '../../../src/train/safetensors.ts';
import { Trainer } from '../../../src/train/trainer.ts';
import {
  goldenData, goldenFlagship, goldenSmall, goldenSmallDropout, type GoldenCase, type GoldenFile, type GoldenModel,
} from '../../golden/golden.ts';
import type { Case } from '../../hosts/cases.ts';
import { EPSILON, expectClose, expectWords } from '../compare.ts';

/** The golden network as a user writes it down. */
export function goldenLayers({ sizes, dropout: dropouts }: GoldenModel): Model {
  const layers = sizes.slice(1).flatMap((units, n): Layer[] => [
    ...(dropouts === null ? [] : [dropout(dropouts[n]!.rate)]),
    dense(units),
    ...(n < sizes.length - 2 ? [relu()] : []),
  ]);
  return sequential([sizes[0]!], layers);
}

export function goldenDataset(model: GoldenModel): Dataset {
  return dataset({ ...goldenData(model), shape: [model.sizes[0]!], classes: model.sizes.at(-1)!, name: 'golden' });
}

function regularizersOf({ l1: one = 0, l1Rule, l2: two = 0, l2Rule }: Hyperparameters): Regularizer[] {
  if (one > 0 && two > 0 && l1Rule === 'proximal' && l2Rule === 'proximal') return elasticNet({ l1: one, l2: two });
  return [
    ...(one > 0 ? [l1(one, { rule: l1Rule === 'subgradient' ? 'subgradient' : 'proximal' })] : []),
    ...(two > 0 ? [l2(two, { rule: l2Rule ?? 'coupled' })] : []),
  ];
}

/** The golden optimizer as a user writes it down. */
export function goldenOptimizer(h: Hyperparameters): Optimizer {
  const common = { learningRate: h.learningRate, weightDecay: h.weightDecay ?? 0, regularizers: regularizersOf(h) };
  if (h.optimizer === 'adam' || h.optimizer === 'adamw') {
    return adam({ ...common, beta1: h.beta1 ?? 0.9, beta2: h.beta2 ?? 0.999, epsilon: h.epsilon ?? 1e-8 });
  }
  return sgd({ ...common, momentum: h.momentum ?? 0, dampening: h.dampening ?? 0, nesterov: h.optimizer === 'nesterov' });
}

/** Mean loss and hits of every step, out of the running means that single-step submits report. */
export class StepLog {
  readonly losses: number[] = [];
  readonly hits: number[] = [];
  #loss = 0;
  #hits = 0;
  #count = 0;

  constructor(private readonly samples: number, private readonly batch: number) {}

  readonly take = ({ stepInEpoch, loss, accuracy }: { stepInEpoch: number; loss: number; accuracy: number }): void => {
    if (stepInEpoch === 1) this.#loss = this.#hits = this.#count = 0;
    const count = Math.min(stepInEpoch * this.batch, this.samples);
    this.losses.push((loss * count - this.#loss) / (count - this.#count));
    this.hits.push(Math.round(accuracy * count) - this.#hits);
    this.#loss = loss * count;
    this.#hits = Math.round(accuracy * count);
    this.#count = count;
  };
}

/** A file's tensor, [out, in], at indices into [in, out]. */
function pick(values: Float32Array, shape: readonly number[], indices: readonly number[]): number[] {
  const [outputs, inputs] = shape;
  if (inputs === undefined) return indices.map((i) => values[i]!);
  return indices.map((i) => values[(i % outputs!) * inputs + Math.floor(i / outputs!)]!);
}

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

/**
 * Absolute bounds on weights and state after ten steps, per unit of f32 epsilon. Gradients come from sums of at most
 * 784 products, each rounded, of values of about 1; a relative error of some tens of epsilons reaches a weight times
 * the sum of ten learning rates (0.05 / (1 - 0.9) * 10 at most). Adam divides by the gradient's own size: its
 * step has the relative error of its gradient, learning rate 0.01 each.
 */
const BOUND = 64 * EPSILON;

async function checkTensors(file: GoldenFile, golden: GoldenCase, trainer: Trainer): Promise<void> {
  const { tensors } = readSafetensors(await trainer.save(), 'golden');
  const groups = [['', golden.weights], ['optimizer.m.', golden.state.m], ['optimizer.v.', golden.state.v]] as const;
  for (const [prefix, wanted] of groups) {
    for (const [name, summary] of Object.entries(wanted ?? {})) {
      const slot = golden.state.v === undefined && prefix !== '' ? 'optimizer.momentum.' : prefix;
      const tensor = tensors.get(`${slot}${name}`)!;
      const values = asFloat32(tensor);
      const indices = file.indices[name]!;
      const label = `${slot}${name}`;
      expectClose(`${label} samples`, pick(values, tensor.shape, indices), summary.samples, BOUND, BOUND);
      // Errors of single elements add up to at most their number.
      expectClose(`${label} sum`, [sum(values)], [summary.sum], BOUND, BOUND * values.length);
      expectClose(`${label} sum of squares`, [sum(values.map((x) => x * x))], [summary.sumOfSquares], 2 * BOUND, BOUND * EPSILON * values.length);
    }
  }
}

async function runGolden(device: Device, file: GoldenFile, golden: GoldenCase, fusion: Fusion): Promise<void> {
  const { batch, samples, seed, steps } = file.model;
  const trainer = await Trainer.create(device, {
    model: goldenLayers(file.model), loss: softmaxCrossEntropy(), optimizer: goldenOptimizer(golden.hyperparameters),
    batchSize: batch, seed, fusion, maxStepsPerSubmit: 4,
  });
  try {
    const data = goldenDataset(file.model);
    const log = new StepLog(samples, batch);
    const epochs = Math.ceil((steps * batch) / samples);
    const fit = async (until: number): Promise<void> => {
      for await (const _ of trainer.fit(data, { epochs, steps: until, stepsPerSubmit: 1, onProgress: log.take }));
    };
    if (golden.learningRates === undefined) await fit(steps);
    else {
      for (const [step, learningRate] of golden.learningRates.entries()) {
        trainer.set({ learningRate });
        await fit(step + 1);
      }
    }
    expectClose('losses', log.losses, golden.losses, 1e-5, 0);
    expectWords('hits', log.hits, golden.hits);
    await checkTensors(file, golden, trainer);
  } finally {
    trainer.destroy();
  }
}

/** Not in the library: the decoupled threshold; a learning rate for one layer's bias alone is tested by its engine. */
const isExpressible = ({ name }: GoldenCase): boolean => !name.endsWith('l1-decoupled') && name !== 'momentum-groups';

const casesOf = (what: string, file: GoldenFile, fusions: readonly Fusion[]): Case[] =>
  file.cases.filter(isExpressible).map((golden) => ({
    name: `golden ${what}: ${golden.name}`,
    async run(device) {
      for (const fusion of fusions) await runGolden(device, file, golden, fusion);
    },
  }));

export const goldenCases: readonly Case[] = [
  ...casesOf('small', goldenSmall, ['none', 'layer', 'full']),
  ...casesOf('small with dropout', goldenSmallDropout, ['none', 'layer', 'full']),
  ...casesOf('784-1000-500-10 with dropout', goldenFlagship, ['layer']),
];
