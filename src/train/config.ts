/** What a trainer is made from, checked and resolved before anything is allocated. */

import { InputError, OutOfMemoryError } from '../errors.ts';
import { readBytes, residentBuffers, rowBytes } from '../compile/buffers.ts';
import { ANY_DATA, type Build } from '../compile/build.ts';
import { evaluateGraph, predictGraph, trainGraph } from '../compile/graphs.ts';
import { checkAveraging, type Averaging } from '../model/averaging.ts';
import { resolveReplicas, type Overrides, type ReplicaSettings } from '../model/hyperparameters.ts';
import { checkModel, type Model } from '../model/model.ts';
import { checkLoss, type Loss } from '../model/losses/index.ts';
import { describeNetwork, type Network } from '../model/network.ts';
import { pad4 } from '../model/arena.ts';
import { checkOptimizer, type Optimizer } from '../model/optimizers/index.ts';
import { checkRule, gradientsFor, orthogonalLayers, ruleOf } from '../compile/rule.ts';
import { textOf } from '../model/schedules/index.ts';
import {
  checkTiles, defaultFusion, resolveTiles, rulesOf, traitsOf, type AdapterClass, type AdapterTraits, type Fusion, type ShapeTiles, type Tiles,
} from '../compile/tiles.ts';
import { placeValues } from '../scheduler/memory.ts';
import { bufferBytes, rowTableBytes, type BufferSpec, type Category, type Limits, type MemoryReport } from '../scheduler/buffers.ts';
import { IN_FLIGHT } from '../scheduler/executor.ts';
import { checkTune, type TuneOptions } from './tune/option.ts';

export interface TrainerConfig {
  /** From `sequential(...)`. */
  readonly model: Model;
  /** `softmaxCrossEntropy()`. */
  readonly loss: Loss;
  /** From `sgd`, `adam` or another of the library's optimizers. */
  readonly optimizer: Optimizer;
  /** Samples per step, 1 or more. Default 128. The last smaller batch of an epoch is used as it is. */
  readonly batchSize?: number;
  /** Initial weights, dropout masks, shuffles: a whole number in [0, 2^53). Default 1. */
  readonly seed?: number;
  /**
   * Batches whose gradients make one update, weighted by their samples; default 1. A training step is then so many
   * batches. Keeps gradients in memory.
   */
  readonly accumulate?: number;
  /** `ema(...)` or `swa(...)`: a running average of the weights beside them. Default none. */
  readonly averaging?: Averaging;
  /**
   * What a gradient that is not finite does. 'stop' (default): `fit` puts the last good weights back and throws, or
   * freezes the replica while others go on. 'skip': that update is left out, decided on the GPU, and does not count
   * for bias corrections; keeps gradients in memory, and one dispatch more.
   */
  readonly onNonFinite?: 'stop' | 'skip';
  /**
   * One entry per copy of the network trained side by side, each with its own hyperparameters: `{ l1: 1e-5 }` sets
   * every layer, `{ 'layers.0.l1': 1e-5 }` one; also `seed`. Default one replica, no overrides.
   */
  readonly replicas?: readonly Overrides[];
  /** Default by adapter class. The results are the same but for the order of additions in the head. */
  readonly fusion?: Fusion;
  /** Tile shapes of the matrix products: for each of the three products, or for all alike. Default by adapter. */
  readonly tiles?: Tiles | ShapeTiles;
  /**
   * Time other tiles on the device first and use the fastest that computes the same numbers; `tiles`, where given, are
   * then those to beat. True, or options such as `{ budgetMilliseconds: 5000 }`; the choice is kept for the next trainer
   * of this network on this device, and is `config.tiles` of the trainer and of its checkpoints. Results of tiles that
   * add in another order differ in their last bits. Default false.
   */
  readonly tune?: boolean | TuneOptions;
  /** Refuse, before any allocation, to use more GPU memory than this. Default no budget. */
  readonly memoryBudgetBytes?: number;
  /** GPU time to aim at per submit, in milliseconds. Default 100 on hardware, 500 on software. */
  readonly targetSubmitMilliseconds?: number;
  /** Rows of the row table: the largest number of steps in one submit. Default 256. */
  readonly maxStepsPerSubmit?: number;
}

/** A checked configuration. */
export interface Prepared {
  readonly config: TrainerConfig;
  readonly build: Build;
  readonly network: Network;
  readonly settings: readonly ReplicaSettings[];
  readonly seed: number;
}

const DEFAULT_BATCH = 128;
const DEFAULT_SEED = 1;
const DEFAULT_CAPACITY = 256;

/** The fusion that goes with a rule. @throws InputError when another is asked for */
function fusionFor(config: TrainerConfig, traits: AdapterTraits, kept: string): Fusion {
  if (kept === '') return config.fusion ?? defaultFusion(traits);
  if (config.fusion === undefined || config.fusion === 'none') return 'none';
  throw new InputError(`fusion '${config.fusion}' keeps no gradients, which ${kept} needs. Leave fusion out, or give 'none'.`);
}

const checkCount = (name: string, value: number): void => {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InputError(`${name} must be a whole number of 1 or more, got ${value}.`);
  }
};

const checkPositive = (name: string, value: number | undefined): void => {
  if (value !== undefined && !(Number.isFinite(value) && value > 0)) {
    throw new InputError(`${name} must be a finite number above 0, got ${value}. Leave it out for the default.`);
  }
};

function checkOptions({ fusion, tiles, memoryBudgetBytes, targetSubmitMilliseconds, averaging, onNonFinite, tune }: TrainerConfig): void {
  if (averaging !== undefined) checkAveraging(averaging);
  if (onNonFinite !== undefined && onNonFinite !== 'stop' && onNonFinite !== 'skip') {
    throw new InputError(`onNonFinite must be 'stop' or 'skip', got ${textOf(onNonFinite)}.`);
  }
  if (fusion !== undefined && !['none', 'layer', 'full'].includes(fusion)) {
    throw new InputError(`fusion must be 'none', 'layer' or 'full', got ${JSON.stringify(fusion)}.`);
  }
  if (tiles !== undefined) checkTiles(tiles);
  checkTune(tune);
  checkPositive('memoryBudgetBytes', memoryBudgetBytes);
  checkPositive('targetSubmitMilliseconds', targetSubmitMilliseconds);
}

/** What the configuration is made of: without types, anything may come. */
function checkParts({ model, loss, optimizer, replicas }: Partial<TrainerConfig>): void {
  if (!Array.isArray(model?.inputShape) || !Array.isArray(model?.layers)) {
    throw new InputError(`model must be made by sequential(...), got ${textOf(model)}.`);
  }
  checkLoss(loss);
  checkOptimizer(optimizer as Optimizer);
  const isList = Array.isArray(replicas) && replicas.every((overrides) => typeof overrides === 'object' && overrides !== null);
  if (replicas !== undefined && !isList) {
    throw new InputError(`replicas must be a list with one object of overrides per replica, such as [{}, { l1: 0 }], got ${textOf(replicas)}.`);
  }
}

/** @throws InputError naming the option */
export function prepare(config: TrainerConfig, adapter: AdapterClass | AdapterTraits): Prepared {
  const traits = traitsOf(adapter);
  checkParts(config ?? {});
  const {
    batchSize = DEFAULT_BATCH, seed = DEFAULT_SEED, replicas = [{}], maxStepsPerSubmit = DEFAULT_CAPACITY, accumulate = 1,
  } = config;
  checkCount('batchSize', batchSize);
  checkCount('maxStepsPerSubmit', maxStepsPerSubmit);
  checkCount('the number of replicas', replicas.length);
  checkCount('accumulate', accumulate);
  if (accumulate > maxStepsPerSubmit) {
    throw new InputError(`accumulate is ${accumulate}, more batches than one submit holds (maxStepsPerSubmit ${maxStepsPerSubmit}).`);
  }
  checkOptions(config);
  // A model may be written by hand or come from a file: what its makers check is checked again.
  const network = describeNetwork(checkModel(config.model));
  const settings = resolveReplicas(network, config.optimizer, seed, replicas);
  const rule = ruleOf(network, config.optimizer, settings, {
    average: config.averaging !== undefined, skip: config.onNonFinite === 'skip',
  });
  checkRule(rule, settings);
  const fusion = fusionFor(config, traits, gradientsFor(rule, accumulate));
  const build: Build = {
    network,
    loss: config.loss,
    replicas: replicas.length,
    batchSize,
    capacity: maxStepsPerSubmit,
    rule,
    orthogonalLayers: orthogonalLayers(network, config.optimizer, settings),
    accumulate,
    fusion,
    rules: rulesOf(fusion),
    tiles: resolveTiles(config.tiles, traits, batchSize),
  };
  return { config, build, network, settings, seed };
}

/** Buffers for intermediate values, large enough for every plan. */
export function activationBuffers(build: Build): BufferSpec[] {
  const sizes = new Map<string, number>();
  for (const graph of [trainGraph(build, ANY_DATA), evaluateGraph(build, ANY_DATA), predictGraph(build, ANY_DATA)]) {
    for (const [name, bytes] of Object.entries(placeValues(graph).buffers)) {
      sizes.set(name, Math.max(bytes, sizes.get(name) ?? 0));
    }
  }
  return [...sizes].map(([name, bytes]) => ({ name, bytes, category: 'activations' }));
}

/** Inputs of the samples to predict: one batch of f32 rows, uploaded by `predict`. */
const predictBuffers = ({ network, batchSize }: Build): BufferSpec[] => [
  { name: 'predict.inputs', bytes: 4 * pad4(network.inputs) * batchSize, category: 'data' },
  { name: 'predict.labels', bytes: 4 * batchSize, category: 'data' },
];

/** Every buffer a trainer makes at creation but the row table and the staging. */
export const allBuffers = (build: Build): BufferSpec[] => [
  ...residentBuffers(build), ...activationBuffers(build), ...predictBuffers(build),
];

/** Exact bytes of a trainer, before any data set is attached. */
export function trainerMemory(build: Build): MemoryReport {
  const sizes: Partial<Record<Category, number>> & { total: number } = { total: 0 };
  const add = (category: Category, bytes: number): void => {
    sizes[category] = (sizes[category] ?? 0) + bytes;
    sizes.total += bytes;
  };
  for (const spec of allBuffers(build)) add(spec.category, bufferBytes(spec));
  add('tables', rowTableBytes({ rowBytes: rowBytes(build), capacity: build.capacity }));
  add('staging', IN_FLIGHT * readBytes(build));
  for (const bytes of tableSizes(build)) add('tables', bufferBytes({ bytes }));
  return sizes;
}

/** Bytes of the tables that the training plan makes for itself. */
function tableSizes(build: Build): number[] {
  const graph = trainGraph(build, ANY_DATA);
  const { placements } = placeValues(graph);
  return graph.operations.flatMap((operation) =>
    Object.values(operation.bind?.((value) => placements[value]!).tables ?? {}).map(({ byteLength }) => byteLength),
  );
}

/** Largest number of replicas whose row and buffers fit `limits`; 0 if not even one does. */
function largestReplicaCount(build: Build, limits: Limits): number {
  const fits = (replicas: number): boolean => {
    const candidate = { ...build, replicas };
    const storage = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
    return rowBytes(candidate) <= limits.maxUniformBufferBindingSize &&
      replicas <= limits.maxComputeWorkgroupsPerDimension &&
      allBuffers(candidate).every(({ bytes }) => bytes <= storage) &&
      rowTableBytes({ rowBytes: rowBytes(candidate), capacity: build.capacity }) <= limits.maxBufferSize &&
      readBytes(candidate) <= limits.maxBufferSize;
  };
  let low = 0;
  let high = build.replicas;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** @throws OutOfMemoryError before anything is allocated */
export function checkFits(build: Build, limits: Limits): void {
  const largest = largestReplicaCount(build, limits);
  if (largest >= build.replicas) return;
  const { total } = trainerMemory(build);
  throw new OutOfMemoryError(
    `${build.replicas} replicas do not fit this device's limits (${limits.maxStorageBufferBindingSize} bytes per ` +
      `storage binding, ${limits.maxUniformBufferBindingSize} per uniform binding). ` +
      (largest > 0
        ? `The largest number that fits is ${largest}.`
        : 'Not even one fits: use a smaller network or batch.'),
    total,
  );
}

/** @throws OutOfMemoryError naming the largest categories */
export function checkBudget(budget: number | undefined, memory: MemoryReport): void {
  if (budget === undefined || memory.total <= budget) return;
  const { total, ...parts } = memory;
  const largest = Object.entries(parts).sort(([, a], [, b]) => b - a).slice(0, 3)
    .map(([name, bytes]) => `${name} ${bytes}`).join(', ');
  throw new OutOfMemoryError(
    `Training needs ${total} bytes of GPU memory (${largest}); the budget is ${budget}. ` +
      'Use fewer replicas, a smaller batch, fewer samples or a larger budget.',
    total,
  );
}
