/** What a training run is asked to do, as plain data: `history.json` keeps it, and both hosts are given it. */
import { InputError } from '../errors.ts';
import { dense, dropout, relu, sequential, type Layer } from '../model/layers.ts';
import { softmaxCrossEntropy } from '../model/losses.ts';
import { adam, adamw, sgd, type Optimizer } from '../model/optimizers.ts';
import { l1, l2 } from '../model/regularizers.ts';
import type { Fusion } from '../model/tiles.ts';
import type { TrainerConfig } from '../train/config.ts';

/** Where an IDX pair lies: absolute paths or URLs, raw or gzip. */
export interface Pair {
  readonly images: string;
  readonly labels: string;
}

export interface DataSettings {
  /** e.g. 'mnist'. */
  readonly name: string;
  readonly train: Pair;
  readonly test?: Pair;
  /** Default: largest label of both pairs + 1. */
  readonly classes?: number;
}

export const OPTIMIZERS = ['sgd', 'momentum', 'nesterov', 'adam', 'adamw'] as const;

export interface Settings {
  readonly data: DataSettings;
  /** Only the first so many training samples. */
  readonly trainSize?: number;
  /** Fraction of the training samples held out for validation. */
  readonly validation?: number;
  readonly hidden: readonly number[];
  readonly inputDropout: number;
  readonly dropout: number;
  readonly optimizer: (typeof OPTIMIZERS)[number];
  readonly learningRate: number;
  /** Only of 'momentum' and 'nesterov'. */
  readonly momentum?: number;
  readonly l1: number;
  readonly l2: number;
  readonly weightDecay: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly fusion?: Fusion;
}

function optimizerOf(settings: Settings): Optimizer {
  const { optimizer, learningRate, momentum, weightDecay } = settings;
  const regularizers = [
    ...(settings.l1 > 0 ? [l1(settings.l1)] : []),
    ...(settings.l2 > 0 ? [l2(settings.l2)] : []),
  ];
  const common = { learningRate, weightDecay, regularizers };
  switch (optimizer) {
    case 'adam': return adam(common);
    case 'adamw': return adamw(common);
    case 'sgd': return sgd(common);
    case 'momentum': return sgd({ ...common, momentum: momentum ?? 0 });
    case 'nesterov': return sgd({ ...common, momentum: momentum ?? 0, nesterov: true });
  }
}

/**
 * The trainer these settings describe: [input dropout] dense ReLU [dropout] ... dense, softmax cross-entropy.
 * @param inputShape shape of one sample
 * @param classes outputs of the last layer
 * @throws InputError naming the setting
 */
export function trainerConfig(settings: Settings, inputShape: readonly number[], classes: number): TrainerConfig {
  for (const name of ['l1', 'l2'] as const) {
    const value = settings[name];
    if (!(Number.isFinite(value) && value >= 0)) throw new InputError(`${name} must be a number of 0 or more, got ${value}.`);
  }
  const drop = (rate: number): Layer[] => (rate === 0 ? [] : [dropout(rate)]);
  const layers = [
    ...drop(settings.inputDropout),
    ...settings.hidden.flatMap((units) => [dense(units), relu(), ...drop(settings.dropout)]),
    dense(classes),
  ];
  return {
    model: sequential(inputShape, layers),
    loss: softmaxCrossEntropy(),
    optimizer: optimizerOf(settings),
    batchSize: settings.batchSize,
    seed: settings.seed,
    ...(settings.fusion !== undefined && { fusion: settings.fusion }),
  };
}
