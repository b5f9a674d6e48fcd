/** What a user asks of a trainer, and the checks of each option on its own. */

import { InputError } from '../errors.ts';
import { checkOptions, demand, demandOneOf, demandWhole, isListOf, isObject, ownNames, textOf } from '../options.ts';
import { checkAveraging, type Averaging } from '../model/averaging.ts';
import type { Overrides } from '../model/hyperparameters.ts';
import { checkLoss, type Loss } from '../model/losses/index.ts';
import type { Model } from '../model/model.ts';
import type { Normalize } from '../model/normalize.ts';
import type { Metric, MetricName } from '../metrics/index.ts';
import { checkOptimizer, type Optimizer } from '../model/optimizers/index.ts';
import { checkTiles, type Fusion, type ShapeTiles, type Tiles } from '../compile/tiles.ts';
import { checkTune, type TuneOptions } from './tune/option.ts';

/** Metrics by their names, or as their makers make them. */
export type Metrics = readonly (MetricName | Metric)[];

export interface TrainerConfig {
  /** From `sequential(...)` or `mlp(...)`. */
  readonly model: Model;
  /** `softmaxCrossEntropy()`, `meanSquaredError()` or another of the library's losses. */
  readonly loss: Loss;
  /** From `sgd`, `adam` or another of the library's optimizers. */
  readonly optimizer: Optimizer;
  /**
   * `normalize()`: what is learned of the first training set's inputs, or the numbers given, normalises all inputs from then on. It
   * is part of checkpoints. Default: the network sees inputs as data sets scale them.
   */
  readonly normalize?: Normalize;
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
   * freezes the replica while others go on. 'skip': that update is left out, decided on the GPU: weights, state, averages
   * and norms stay as they are, and it does not count for bias corrections and averages. Keeps gradients in memory, and
   * one dispatch more. A replica that leaves out every update of an epoch has diverged, as with 'stop'. Samples whose loss is not
   * finite are misses, and not in an epoch's loss: see `nonFinite` there.
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
  /**
   * 'once' (default): before this network is first trained, evaluated or predicted with on this adapter, every kernel of that is
   * compared with float64 (see `Trainer.verify`); steps of that test are run again before each `fit`, after each epoch and where
   * a fit ends in the middle of one, and after each later `evaluate`, and `predict` of more than a batch. 'off': never;
   * checkpoints do not say it. Where one is wrong before any training, other tiles and fusions that are right take its place:
   * see `Trainer.fallback`.
   */
  readonly verify?: 'once' | 'off';
  /**
   * What `evaluate` and a `fit`'s validation tell beside loss and accuracy, such as ['f1', 'top5', recall({ average: 'micro' })]:
   * see `Evaluation.metrics`. Takes every sample's outputs off the GPU, and the network's forward pass once more. Default none.
   */
  readonly metrics?: Metrics;
  /** Refuse, before any allocation, to use more GPU memory than this. Default no budget. */
  readonly memoryBudgetBytes?: number;
  /** GPU time to aim at per submit, in milliseconds. Default 100 on hardware, 500 on software. */
  readonly targetSubmitMilliseconds?: number;
  /** Rows of the row table: the largest number of steps in one submit. Default 256. */
  readonly maxStepsPerSubmit?: number;
}

/** What the configuration is made of: without types, anything may come. */
function checkParts({ model, loss, optimizer, replicas }: Partial<TrainerConfig>): void {
  if (!Array.isArray(model?.inputShape) || !Array.isArray(model?.layers)) {
    throw new InputError(`model must be made by sequential(...) or mlp(...), got ${textOf(model)}.`);
  }
  checkLoss(loss);
  checkOptimizer(optimizer as Optimizer);
  if (replicas !== undefined && !isListOf(replicas, isObject)) {
    throw new InputError(`replicas must be a list with one object of overrides per replica, such as [{}, { l1: 0 }], got ${textOf(replicas)}.`);
  }
  replicas?.forEach((own, replica) => ownNames(`replicas: number ${replica}`, own));
}

const checkPositive = (name: string, value: unknown): void =>
  demand(value === undefined || (Number.isFinite(value) && (value as number) > 0), name, 'a finite number above 0 (the default, left out)', value);

function checkRest({ fusion, tiles, memoryBudgetBytes, targetSubmitMilliseconds, averaging, onNonFinite, tune, verify }: TrainerConfig): void {
  if (averaging !== undefined) checkAveraging(averaging);
  if (onNonFinite !== undefined) demandOneOf('onNonFinite', onNonFinite, ['stop', 'skip']);
  if (verify !== undefined) demandOneOf('verify', verify, ['once', 'off']);
  if (fusion !== undefined) demandOneOf('fusion', fusion, ['none', 'layer', 'full']);
  if (tiles !== undefined) checkTiles(tiles);
  checkTune(tune);
  checkPositive('memoryBudgetBytes', memoryBudgetBytes);
  checkPositive('targetSubmitMilliseconds', targetSubmitMilliseconds);
}

/** All options. */
export const CONFIG_NAMES: readonly (keyof TrainerConfig)[] = [
  'model', 'loss', 'optimizer', 'batchSize', 'seed', 'accumulate', 'averaging', 'onNonFinite', 'replicas', 'fusion', 'tiles', 'tune',
  'memoryBudgetBytes', 'targetSubmitMilliseconds', 'maxStepsPerSubmit', 'verify', 'metrics', 'normalize',
];

/** Options whose defaults do not depend on the adapter. */
type Defaults = Required<Pick<TrainerConfig, 'batchSize' | 'seed' | 'replicas' | 'maxStepsPerSubmit' | 'accumulate'>>;

const DEFAULTS: Defaults = { batchSize: 128, seed: 1, replicas: [{}], maxStepsPerSubmit: 256, accumulate: 1 };

/** The options that have defaults, with these filled in. @throws InputError naming the option */
export function checkTrainerConfig(config: TrainerConfig): Defaults {
  checkOptions('The configuration', config, CONFIG_NAMES);
  checkParts(config);
  const {
    batchSize = DEFAULTS.batchSize, seed = DEFAULTS.seed, replicas = DEFAULTS.replicas,
    maxStepsPerSubmit = DEFAULTS.maxStepsPerSubmit, accumulate = DEFAULTS.accumulate,
  } = config;
  demandWhole('batchSize', batchSize);
  demandWhole('maxStepsPerSubmit', maxStepsPerSubmit);
  demandWhole('the number of replicas', replicas.length);
  demandWhole('accumulate', accumulate);
  if (accumulate > maxStepsPerSubmit) {
    throw new InputError(`accumulate is ${accumulate}, more batches than one submit holds (maxStepsPerSubmit ${maxStepsPerSubmit}).`);
  }
  checkRest(config);
  return { batchSize, seed, replicas, maxStepsPerSubmit, accumulate };
}
