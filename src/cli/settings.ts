/** What a training run is asked to do, as plain data: `history.json` keeps it, and both hosts are given it. */
import { InputError } from '../errors.ts';
import { knowEverything } from '../compile/all.ts';
import type { ActivationName } from '../kernels/activations/index.ts';
import type { Init, InitName } from '../model/inits/init.ts';
import type { MetricName } from '../metrics/index.ts';
import { ema } from '../model/averaging.ts';
import { clipByGlobalNorm, clipByNorm, clipByValue, type Clip } from '../model/clip.ts';
import { mlp, type MlpOptions } from '../model/mlp.ts';
import type { Model } from '../model/model.ts';
import type { Normalize } from '../model/normalize.ts';
import { normalize } from '../model/normalize-maker.ts';
import type { Loss, TargetKind } from '../model/losses/index.ts';
import type { Optimizer } from '../model/optimizers/index.ts';
import { namedOptimizer, optimizerTypeOf, type OptimizerName } from '../model/optimizers/named.ts';
import { l1, l2, maxNorm } from '../model/regularizers.ts';
import type { Schedule } from '../model/schedules/index.ts';
import type { Fusion } from '../compile/tiles.ts';
import type { TrainerConfig } from '../train/trainer-config.ts';
import { layersModel, type Change } from './layers.ts';
import { scheduleOf, type ScheduleSettings } from './schedules.ts';
import type { TablePlan } from './tables.ts';

/** Where an IDX pair lies: absolute paths or URLs, raw or gzip. */
export interface Pair {
  readonly images: string;
  readonly labels: string;
}

export interface IdxSettings {
  /** e.g. 'mnist'. */
  readonly name: string;
  readonly train: Pair;
  readonly test?: Pair;
  /** Default: largest label of both pairs + 1. */
  readonly classes?: number;
}

/** Tables of text: absolute paths or URLs, raw or gzip. */
export interface TableSettings {
  readonly name: string;
  readonly table: { readonly train: string; readonly test?: string; readonly plan: TablePlan };
}

export type DataSettings = IdxSettings | TableSettings;

export const isTable = (data: DataSettings): data is TableSettings => 'table' in data;

/** What is counted in a second. */
export type RateUnit = 'img/s' | 'samples/s';
export const rateUnitOf = (data: DataSettings): RateUnit => (isTable(data) ? 'samples/s' : 'img/s');

/** Every file of it. */
export const filesOf = (data: DataSettings): string[] => (isTable(data) ? [data.table.train, data.table.test] : [data.train, data.test].flatMap((pair) => [pair?.images, pair?.labels]))
  .filter((file) => file !== undefined);

/** Rules of the penalties: see `l1` and `l2`. */
export const L1_RULES = ['proximal', 'subgradient', 'decoupled', 'cumulative'] as const;
export const L2_RULES = ['coupled', 'proximal'] as const;

export interface Settings {
  readonly data: DataSettings;
  /** Only the first so many training samples. */
  readonly trainSize?: number;
  /** Fraction of the training samples held out for validation. */
  readonly validation?: number;
  readonly hidden: readonly number[];
  readonly inputDropout: number;
  readonly dropout: number;
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  /** Only of optimizers that have one. */
  readonly momentum?: number;
  readonly l1: number;
  readonly l2: number;
  readonly weightDecay: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly fusion?: Fusion;
  // What follows is absent where it was not asked for, and in the histories of version 0.1.
  /** All layers, in the words of `parseLayers`; `hidden`, `dropout`, `activation` and `init` then say nothing. */
  readonly layers?: string;
  /** Absent: softmax cross-entropy of classes, mean squared error of values. */
  readonly loss?: Loss['type'];
  /** Of hidden layers; relu where it is absent. */
  readonly activation?: ActivationName;
  /** Of the weights of all dense layers; as the activation asks where it is absent. */
  readonly init?: InitName;
  readonly l1Rule?: (typeof L1_RULES)[number];
  readonly l2Rule?: (typeof L2_RULES)[number];
  readonly maxNorm?: number;
  readonly clip?: { readonly by: Clip['by']; readonly threshold: number };
  readonly schedule?: ScheduleSettings;
  /** Epochs. */
  readonly warmUp?: number;
  readonly accumulate?: number;
  /** Decay of the running average. */
  readonly ema?: number;
  readonly onNonFinite?: 'stop' | 'skip';
  /** Epochs without a better validation loss after which training stops. */
  readonly earlyStopping?: number;
  /** How inputs are normalised: columns of tables each by their own numbers, pixels all by the same. */
  readonly normalize?: Normalize['kind'];
  /** Measured beside loss and accuracy, by their names. */
  readonly metrics?: readonly MetricName[];
  /** Time other tiles first. */
  readonly tune?: true;
  /** Whether results are checked against float64; 'once' where it is absent. */
  readonly verify?: 'once' | 'off';
}

const CLIPS = { value: clipByValue, norm: clipByNorm, globalNorm: clipByGlobalNorm } as const;

/** Training steps of an epoch over so many samples: updates. */
export const stepsPerEpochOf = ({ batchSize, accumulate = 1 }: Pick<Settings, 'batchSize' | 'accumulate'>, samples: number): number =>
  Math.ceil(Math.ceil(samples / batchSize) / accumulate);

/** The learning rate over a training on so many samples. */
export const learningRateOf = (settings: Settings, samples: number): Schedule =>
  scheduleOf(settings.learningRate, settings.schedule ?? { kind: 'constant' }, settings.warmUp ?? 0, stepsPerEpochOf(settings, samples));

function optimizerOf(settings: Settings, samples: number): Optimizer {
  const { optimizer, momentum, weightDecay, clip } = settings;
  return namedOptimizer(optimizer, {
    learningRate: learningRateOf(settings, samples),
    ...(momentum !== undefined && { momentum }),
    weightDecay,
    regularizers: [
      ...(settings.l1 > 0 ? [l1(settings.l1, { rule: settings.l1Rule ?? 'proximal' })] : []),
      ...(settings.l2 > 0 ? [l2(settings.l2, { rule: settings.l2Rule ?? 'coupled' })] : []),
      ...(settings.maxNorm !== undefined ? [maxNorm(settings.maxNorm)] : []),
    ],
    ...(clip !== undefined && { clip: CLIPS[clip.by](clip.threshold) }),
  });
}

/** By its name. */
const initOf = ({ init }: Pick<Settings, 'init'>): Init | undefined => init && ({ type: init } as Init);

/** By its name, else what suits the targets. */
export const lossOf = ({ loss }: Pick<Settings, 'loss'>, kind: TargetKind): Loss => ({ type: loss ?? (kind === 'class' ? 'softmax-cross-entropy' : 'mean-squared-error') });

/**
 * [input dropout] dense activation [dropout] ... dense, or the layers that are written out.
 * @param change in the place of the activation and the init that the settings say
 * @param dropouts in the place of theirs
 * @throws InputError
 */
export function modelOf(settings: Settings, inputShape: readonly number[], outputs: number, change: Change = {}, dropouts?: Pick<MlpOptions, 'dropout' | 'inputDropout'>): Model {
  if (settings.layers !== undefined) return layersModel(settings.layers, inputShape, outputs, change);
  const { dropout, inputDropout } = dropouts ?? { dropout: settings.dropout || undefined, inputDropout: settings.inputDropout || undefined };
  return mlp(inputShape, [...settings.hidden, outputs], { activation: change.activation ?? settings.activation, dropout, inputDropout, init: change.init ?? initOf(settings) });
}

/**
 * The network between input and output, as people read it.
 * @param isActivationShown false where several are compared
 */
export function networkText({ layers, hidden, activation = 'relu', init }: Pick<Settings, 'layers' | 'hidden' | 'activation' | 'init'>, isActivationShown = true): string {
  if (layers !== undefined) return `layers ${layers.replace(/\s+/g, ' ').trim()}`;
  const shown = hidden.length > 0 && isActivationShown ? ` (${activation})` : '';
  return `hidden layers ${hidden.join(', ') || 'none'}${shown}${init === undefined ? '' : `, ${init}`}`;
}

/**
 * The trainer these settings describe: the model, the loss.
 * @param inputShape shape of one sample
 * @param classes outputs of the last layer
 * @param samples training samples, for schedules that are counted in epochs
 * @param kind of targets: what the loss is of where none is named
 * @throws InputError naming the setting
 */
export function trainerConfig(settings: Settings, inputShape: readonly number[], classes: number, samples = settings.batchSize, kind: TargetKind = 'class'): TrainerConfig {
  for (const name of ['l1', 'l2'] as const) {
    const value = settings[name];
    if (!(Number.isFinite(value) && value >= 0)) throw new InputError(`${name} must be a number of 0 or more, got ${value}.`);
  }
  knowEverything(); // One is asked for by its name, and a plan is made at once.
  return {
    model: modelOf(settings, inputShape, classes),
    loss: lossOf(settings, kind),
    optimizer: optimizerOf(settings, samples),
    batchSize: settings.batchSize,
    seed: settings.seed,
    ...(settings.fusion !== undefined && { fusion: settings.fusion }),
    ...(settings.accumulate !== undefined && { accumulate: settings.accumulate }),
    ...(settings.ema !== undefined && { averaging: ema(settings.ema) }),
    ...(settings.onNonFinite !== undefined && { onNonFinite: settings.onNonFinite }),
    ...(settings.verify !== undefined && { verify: settings.verify }),
    ...(settings.metrics !== undefined && { metrics: settings.metrics }),
    ...(settings.normalize !== undefined && { normalize: normalize({ kind: settings.normalize, per: isTable(settings.data) ? 'feature' : 'all' }) }),
  };
}

/** A tenth of an absurd rate is absurd; the optimizer's default is a rate that is known to train. */
export const smallerRate = ({ learningRate, optimizer }: Pick<Settings, 'learningRate' | 'optimizer'>): string =>
  String(Math.min(Number((learningRate / 10).toPrecision(3)), optimizerTypeOf(optimizer).learningRate));
