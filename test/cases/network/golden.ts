/** Ten training steps through the Trainer against PyTorch in double: losses, hits, weights and optimizer state. */
import type { ActivationName } from '../../../src/kernels/activations/index.ts';
import { dataset, type ClassDataset } from '../../../src/data/dataset.ts';
import type { Device } from '../../../src/device/index.ts';
import { dense, dropout, type Layer } from '../../../src/model/layers/index.ts';
import { sequential, type Model } from '../../../src/model/model.ts';
import { softmaxCrossEntropy } from '../../../src/model/losses/makers.ts';
import { adam, sgd, type Optimizer } from '../../../src/model/optimizers/index.ts';
import { elasticNet, l1, l2, type Regularizer } from '../../../src/model/regularizers.ts';
import type { Fusion } from '../../../src/compile/tiles.ts';
import type { Hyperparameters } from '../../../src/reference/index.ts';
import type { TrainerConfig } from '../../../src/train/trainer-config.ts';
import { asFloat32, readSafetensors } from '../../../src/files/safetensors.ts';
import type { Trainer } from '../../../src/train/trainer.ts';
import {
  goldenActivations, goldenData, goldenPrelus, goldenSmall, goldenSmallDropout, type GoldenCase, type GoldenFile, type GoldenModel,
} from '../../golden/golden.ts';
import type { Case } from '../../hosts/cases.ts';
import { EPSILON, expectClose, expectWords } from '../compare.ts';
import { expectSame, fitAll, isSwiftShader, QUICK_TILES, tensorBits, withTrainer, type History } from './support.ts';

/** The golden network as a user writes it down; its weights begin alike whatever the activation. */
export function goldenLayers({ sizes, dropout: dropouts, prelu }: GoldenModel, type: ActivationName = 'relu'): Model {
  const layers = sizes.slice(1).flatMap((units, n): Layer[] => [
    ...(dropouts === null ? [] : [dropout(dropouts[n]!.rate)]),
    dense(units, { init: { type: 'heNormal' } }),
    ...(n < sizes.length - 2 ? [prelu === undefined ? { type } : { type: 'prelu' as const, per: prelu }] : []),
  ]);
  return sequential([sizes[0]!], layers);
}

export function goldenDataset(model: GoldenModel): ClassDataset {
  return dataset({ ...goldenData(model), shape: [model.sizes[0]!], classes: model.sizes.at(-1)!, name: 'golden', ...(model.divisor !== undefined && { scale: 1 / model.divisor }) });
}

function regularizersOf({ l1: one = 0, l1Rule, l2: two = 0, l2Rule }: Hyperparameters): Regularizer[] {
  if (one > 0 && two > 0 && l1Rule === 'proximal' && l2Rule === 'proximal') return elasticNet({ l1: one, l2: two });
  return [
    ...(one > 0 ? [l1(one, { rule: l1Rule ?? 'proximal' })] : []),
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
export function pick(values: Float32Array, shape: readonly number[], indices: readonly number[]): number[] {
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
 * Bounds in units of f32 epsilon times the tensor's largest value. A gradient is a chain of sums of at most 37 (784)
 * products, each rounded once, so a few epsilons of relative error; ten steps add up ten of them, smaller as their
 * steps are smaller than the weights: 16. Adam's proximal threshold is learning rate * l1 / D: D may be a hundredth
 * of a weight, which multiplies its relative error: 64.
 */
const boundOf = ({ optimizer, l1 = 0, l1Rule }: Hyperparameters): number =>
  EPSILON * (optimizer.startsWith('adam') && l1 > 0 && l1Rule === 'proximal' ? 64 : 16);

async function checkTensors(file: GoldenFile, golden: GoldenCase, trainer: Trainer): Promise<void> {
  const { tensors } = readSafetensors(await trainer.save(), 'golden');
  const bound = boundOf(golden.hyperparameters);
  const groups = [['', golden.weights], ['optimizer.m.', golden.state.m], ['optimizer.v.', golden.state.v]] as const;
  for (const [prefix, wanted] of groups) {
    for (const [name, summary] of Object.entries(wanted ?? {})) {
      const slot = golden.state.v === undefined && prefix !== '' ? 'optimizer.momentum.' : prefix;
      const tensor = tensors.get(`${slot}${name}`)!;
      const values = asFloat32(tensor);
      const indices = file.indices[name]!;
      const label = `${slot}${name}`;
      const absolute = bound * Math.max(...summary.samples.map(Math.abs));
      expectClose(`${label} samples`, pick(values, tensor.shape, indices), summary.samples, 0, absolute);
      // The whole tensor: errors of single elements add up to at most their number.
      expectClose(`${label} sum`, [sum(values)], [summary.sum], 0, absolute * values.length);
      const squares = sum(Float64Array.from(values, (x) => x * x));
      expectClose(`${label} sum of squares`, [squares], [summary.sumOfSquares], 2 * bound, absolute * absolute * values.length);
    }
  }
}

/** Trains ten steps of the case and checks everything it stores; the bits of all tensors are the result. */
export async function runGolden(
  device: Device, file: GoldenFile, golden: GoldenCase, config: Pick<TrainerConfig, 'fusion' | 'tiles'>,
): Promise<Record<string, number[]>> {
  const { batch, samples, seed, steps } = file.model;
  return withTrainer(device, {
    model: goldenLayers(file.model, golden.activation), loss: softmaxCrossEntropy(), optimizer: goldenOptimizer(golden.hyperparameters),
    batchSize: batch, seed, maxStepsPerSubmit: 4, ...config,
  }, async (trainer) => {
    const data = goldenDataset(file.model);
    const log = new StepLog(samples, batch);
    const epochs = Math.ceil((steps * batch) / samples);
    const fit = (until: number): Promise<History> =>
      fitAll(trainer, data, { epochs, steps: until, stepsPerSubmit: 1, onProgress: log.take });
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
    return tensorBits(trainer);
  });
}

/**
 * A rate for one layer's bias alone is not in the public configuration (golden-groups.test.ts gives it to the engine).
 */
const isExpressible = ({ name }: GoldenCase): boolean => name !== 'momentum-groups';

const casesOf = (what: string, file: GoldenFile): Case[] =>
  file.cases.filter(isExpressible).map((golden) => ({
    name: `network: golden ${what}, ${golden.name}`,
    async run(device) {
      const run = (fusion: Fusion): Promise<Record<string, number[]>> =>
        runGolden(device, file, golden, { fusion, tiles: QUICK_TILES });
      const [arena, epilogue] = [await run('none'), await run('layer')];
      // The whole fusion adds the head to the same update: bare and with both penalties will do.
      if (golden.activation !== undefined || /-none$|-elastic-net$/.test(golden.name)) await run('full');
      // The same operations in the same order; but a driver may contract them differently in different kernels.
      if (isSwiftShader(device)) expectSame('update in the arena and in the epilogue', epilogue, arena);
    },
  }));

/** Every case of the small files. */
export const allGoldenCases: readonly Case[] = [
  ...casesOf('small', goldenSmall), ...casesOf('small with dropout', goldenSmallDropout), ...casesOf('small of', goldenActivations),
  ...goldenPrelus.flatMap((file) => casesOf(`small of slopes per ${file.model.prelu}`, file)),
];

/** The ones that every host runs: every optimizer, with dropout and both penalties. */
export const goldenCases: readonly Case[] = casesOf('small with dropout', goldenSmallDropout)
  .filter(({ name }) => name.endsWith('-elastic-net'));
