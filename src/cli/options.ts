/** The options that several commands share, and how their words become settings. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../errors.ts';
import { ACTIVATION_NAMES, type ActivationName } from '../kernels/activations/index.ts';
import type { InitName } from '../model/inits/init.ts';
import { PLAIN_INITS } from '../model/inits/settings.ts';
import { metricsOf, nameOf, type MetricName } from '../metrics/index.ts';
import { LOSS_NAMES } from '../model/losses/index.ts';
import { OPTIMIZER_NAMES } from '../model/optimizers/named.ts';
import { parseLayers } from './layers.ts';
import { learningRates, momentums, optimizerDefaults, weightDecays } from './optimizers.ts';
import { parseScheduleWords, SCHEDULE_HELP, type ScheduleSettings } from './schedules.ts';
import { isTable, L1_RULES, L2_RULES, type Settings } from './settings.ts';
import { findData } from './sources.ts';
import { addTableOptions, flagOf, TABLE_OPTIONS, tablePlanOf, type TableWords } from './tables.ts';

/** What the parsers below give, by commander's names. */
export interface ModelOptions extends TableWords {
  readonly data: string;
  readonly trainSize?: number;
  readonly validation?: number;
  readonly hidden?: readonly number[];
  readonly layers?: string;
  readonly loss?: Settings['loss'];
  readonly activation?: ActivationName;
  readonly init?: InitName;
  readonly inputDropout: number;
  readonly dropout: number;
  readonly optimizer: Settings['optimizer'];
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly l1: number;
  readonly l2: number;
  readonly weightDecay?: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly fusion?: Settings['fusion'];
  readonly l1Rule?: Settings['l1Rule'];
  readonly l2Rule?: Settings['l2Rule'];
  readonly maxNorm?: number;
  readonly clipValue?: number;
  readonly clipNorm?: number;
  readonly clipGlobalNorm?: number;
  readonly schedule?: ScheduleSettings;
  readonly warmUp?: number;
  readonly accumulate?: number;
  /** True where the option came without its decay. */
  readonly ema?: number | true;
  readonly onNonFinite?: Settings['onNonFinite'];
  readonly earlyStopping?: number;
  readonly metrics?: Settings['metrics'];
  readonly normalize?: Settings['normalize'];
}

function numberIn(text: string, low: number, high: number, wanted: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value >= low && value < high)) throw new InvalidArgumentError(`Wanted ${wanted}.`);
  return value;
}

export function parseCount(text: string): number {
  const value = numberIn(text, 1, 2 ** 53, 'a whole number of 1 or more');
  if (!Number.isInteger(value)) throw new InvalidArgumentError('Wanted a whole number of 1 or more.');
  return value;
}

export const parseHorizon = (text: string): number | 'keep' => (text === 'keep' ? text : parseCount(text));

export function parseSeed(text: string): number {
  const value = numberIn(text, 0, 2 ** 53, 'a whole number from 0 to 2^53 - 1');
  if (!Number.isInteger(value)) throw new InvalidArgumentError('Wanted a whole number from 0 to 2^53 - 1.');
  return value;
}

export const parseRate = (text: string): number => numberIn(text, 0, 1, 'a number in [0, 1)');
export const parseStrength = (text: string): number => numberIn(text, 0, Infinity, 'a number of 0 or more');
export const parseFraction = (text: string): number => numberIn(text, Number.MIN_VALUE, 1, 'a fraction between 0 and 1');
export const parseHidden = (text: string): number[] => (text === 'none' ? [] : text.split(',').map(parseCount));

/** The text as it is, checked. @throws InvalidArgumentError */
export function parseLayerWords(text: string): string {
  try {
    parseLayers(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError((error as InputError).message);
  }
}

export const parsePositive = (text: string): number => numberIn(text, Number.MIN_VALUE, Infinity, 'a number above 0');

/** Names, as results have them. @throws InvalidArgumentError */
export function parseMetrics(text: string): MetricName[] {
  try {
    return metricsOf('metrics', text.split(',')).map(nameOf);
  } catch (error) {
    throw new InvalidArgumentError((error as InputError).message);
  }
}

function parseSchedule(text: string): ScheduleSettings {
  const schedule = parseScheduleWords(text);
  if (schedule === undefined) throw new InvalidArgumentError('Wanted constant, cosine, step:<epochs>[,<factor>], exponential:<factor>, one-cycle or plateau[:<patience>[,<factor>]], factors between 0 and 1.');
  return schedule;
}

const DATA = 'Data and model:';
const UPDATE = 'Optimizer:';
const AROUND = 'Around the step:';

/** What the network is trained on. */
export const lossOption = (): Option =>
  new Option('--loss <name>', 'what is made small (default: softmax-cross-entropy of classes, mean-squared-error of values)').choices(LOSS_NAMES);

/** Where neither --hidden nor --layers is given. */
const HIDDEN = [1000, 500];
export const HIDDEN_HELP = `hidden layers, e.g. 1000,500; 'none' for none (default: ${HIDDEN.join()})`;
export const LAYERS_HELP = 'all layers one by one: "dense 128 gelu, dropout 0.2, dense"; the last one takes as many units as the data have outputs';

/** Of the network's hidden layers. */
export const activationOption = (): Option =>
  new Option('--activation <name>', 'of the hidden layers (default: relu)').choices(ACTIVATION_NAMES);

/** Of all dense layers' weights. */
export const initOption = (): Option =>
  new Option('--init <name>', 'how weights begin (default: as the activation asks)').choices(PLAIN_INITS);

/** Of the inputs. */
export const normalizeOption = (): Option =>
  new Option('--normalize <kind>', 'by what is learned of the training set: mean and deviation, or minimum and maximum; of each column of a table, of all pixels of images').choices(['standard', 'minMax']);

/** Adds the options that say what is trained on what. */
export function addModelOptions(command: Command): Command {
  const add = (group: string, flags: string, description: string, parse?: (text: string) => unknown, value?: unknown, shown?: string): void => {
    const option = new Option(flags, description).helpGroup(group);
    if (parse !== undefined) option.argParser(parse);
    if (value !== undefined) option.default(value, shown);
    command.addOption(option);
  };
  add(DATA, '--data <source>', "'mnist'; a folder or URL/ with files named as MNIST's; or files by path or URL: images,labels[,test-images,test-labels]; with --target a table: train.csv[,test.csv]", undefined, 'mnist');
  add(DATA, '--train-size <n>', 'use only the first n training samples', parseCount);
  add(DATA, '--validation <fraction>', 'hold this fraction of the training samples out, drawn by the seed, and report on it after each epoch', parseFraction);
  add(DATA, '--metrics <names>', 'measure these too on the validation and the test set, e.g. f1,top5,recallMicro', parseMetrics);
  add(DATA, '--hidden <units>', HIDDEN_HELP, parseHidden);
  add(DATA, '--layers <list>', `${LAYERS_HELP}; in place of --hidden, --activation, --init and both dropouts`, parseLayerWords);
  command.addOption(lossOption().helpGroup(DATA));
  command.addOption(activationOption().helpGroup(DATA));
  command.addOption(initOption().helpGroup(DATA));
  command.addOption(normalizeOption().helpGroup(DATA));
  add(DATA, '--dropout <rate>', 'drop hidden values with this probability', parseRate, 0);
  add(DATA, '--input-dropout <rate>', 'drop input values with this probability', parseRate, 0);
  add(DATA, '--batch-size <n>', 'samples per step', parseCount, 128);
  add(DATA, '--seed <n>', 'of initial weights, shuffles, dropout and the validation split', parseSeed, 1);
  command.addOption(new Option('--optimizer <name>', 'update rule').helpGroup(UPDATE).choices(OPTIMIZER_NAMES).default('momentum'));
  add(UPDATE, '--learning-rate <x>', `step size (default: ${learningRates()})`, parseStrength);
  add(UPDATE, '--momentum <x>', `of optimizers that have one (default: ${momentums()})`, parseRate);
  add(UPDATE, '--l1 <x>', 'penalty x * sum |w|; proximal, it makes exact zeros', parseStrength, 0);
  command.addOption(new Option('--l1-rule <rule>', 'how it acts (default: proximal)').helpGroup(UPDATE).choices(L1_RULES));
  add(UPDATE, '--l2 <x>', 'penalty x / 2 * sum w^2; coupled, it is added to the gradient', parseStrength, 0);
  command.addOption(new Option('--l2-rule <rule>', 'how it acts (default: coupled)').helpGroup(UPDATE).choices(L2_RULES));
  add(UPDATE, '--max-norm <c>', "largest norm of a unit's incoming weights", parsePositive);
  add(UPDATE, '--weight-decay <x>', `decoupled from the loss: w *= 1 - learning rate * x (default: ${weightDecays()})`, parseStrength);
  command.addOption(new Option('--fusion <kind>', 'which kernels are joined into one (default: full on hardware, layer on software adapters)')
    .helpGroup(UPDATE).choices(['none', 'layer', 'full']));
  add(AROUND, '--schedule <kind>', SCHEDULE_HELP, parseSchedule);
  add(AROUND, '--warm-up <epochs>', 'let the learning rate rise from 0 first; may be a part of an epoch', parsePositive);
  add(AROUND, '--clip-value <x>', 'bound each element of the gradient', parsePositive);
  add(AROUND, '--clip-norm <x>', "bound the norm of each tensor's gradient", parsePositive);
  add(AROUND, '--clip-global-norm <x>', 'bound the norm of the whole gradient', parsePositive);
  add(AROUND, '--accumulate <n>', 'batches whose gradients make one update', parseCount);
  add(AROUND, '--ema [decay]', 'keep an exponential average of the weights too (decay 0.999), evaluate and save it', parseRate);
  add(AROUND, '--early-stopping <patience>', 'stop after so many epochs without a better validation loss; needs --validation', parseCount);
  command.addOption(new Option('--on-non-finite <action>', 'what a gradient that is not finite does (default: stop)').helpGroup(AROUND).choices(['stop', 'skip']));
  return addTableOptions(command);
}

/** The names of the options above, as commander keeps them. */
export const MODEL_OPTIONS = [
  'data', 'trainSize', 'validation', 'hidden', 'layers', 'loss', 'activation', 'init', 'dropout', 'inputDropout', 'batchSize', 'seed', 'optimizer', 'learningRate',
  'momentum', 'l1', 'l1Rule', 'l2', 'l2Rule', 'maxNorm', 'weightDecay', 'fusion', 'schedule', 'warmUp', 'clipValue', 'clipNorm',
  'clipGlobalNorm', 'accumulate', 'ema', 'earlyStopping', 'onNonFinite', 'metrics', 'normalize', ...TABLE_OPTIONS,
] as const satisfies readonly (keyof ModelOptions)[];

/** @throws InputError when there is more than one */
function clipOf({ clipValue, clipNorm, clipGlobalNorm }: ModelOptions): Settings['clip'] {
  const given = (Object.entries({ value: clipValue, norm: clipNorm, globalNorm: clipGlobalNorm }) as [NonNullable<Settings['clip']>['by'], number | undefined][])
    .flatMap(([by, threshold]) => (threshold === undefined ? [] : [{ by, threshold }]));
  if (given.length > 1) throw new InputError('--clip-value, --clip-norm and --clip-global-norm exclude one another: give one.');
  return given[0];
}

/** @throws InputError where --layers is given beside what it says itself */
function checkLayers(given: Readonly<Record<string, unknown>>): void {
  const other = ['hidden', 'activation', 'init', 'dropout', 'inputDropout'].find((name) => given[name] !== undefined && given[name] !== 0);
  if (given['layers'] !== undefined && other !== undefined) throw new InputError(`--layers says every layer: ${flagOf(other)} cannot be given with it. Leave one of them out.`);
}

/** What was asked for beyond a plain run, and nothing else. @throws InputError */
function extrasOf(options: ModelOptions): Partial<Settings> {
  const { validation, layers, loss, activation, init, l1, l1Rule, l2, l2Rule, maxNorm, schedule, warmUp, accumulate, ema, onNonFinite, earlyStopping, metrics, normalize } = options;
  const refuse = (why: string): never => {
    throw new InputError(why);
  };
  if (l1Rule !== undefined && l1 === 0) refuse('--l1-rule says how --l1 acts: give both.');
  if (l2Rule !== undefined && l2 === 0) refuse('--l2-rule says how --l2 acts: give both.');
  if (earlyStopping !== undefined && validation === undefined) refuse('--early-stopping follows the validation loss: hold samples out with --validation 0.1.');
  if (schedule?.kind === 'plateau' && validation === undefined) refuse('--schedule plateau follows the validation loss: hold samples out with --validation 0.1.');
  const extras: { [Key in keyof Settings]?: Settings[Key] | undefined } = {
    layers, loss, activation, init, l1Rule, l2Rule, maxNorm, clip: clipOf(options), schedule, warmUp, accumulate, ema: ema === true ? 0.999 : ema, onNonFinite, earlyStopping, metrics, normalize,
  };
  return Object.fromEntries(Object.entries(extras).filter(([, value]) => value !== undefined));
}

/** Of a table without a test set, where nothing was said. */
const HELD_OUT = 0.2;

/** Finds the data and fills in what depends on the optimizer. @throws InputError, BadFileError */
export async function settingsOf(given: ModelOptions): Promise<Settings> {
  checkLayers({ ...given });
  const data = await findData(given.data, tablePlanOf(given)), isAlone = isTable(data) && data.table.test === undefined;
  const options: ModelOptions = { ...given, ...(isAlone && given.validation === undefined && { validation: HELD_OUT }) };
  const { trainSize, validation, hidden = options.layers === undefined ? HIDDEN : [], inputDropout, dropout, optimizer, l1, l2, batchSize, seed, fusion } = options;
  const { learningRate, momentum, weightDecay } = optimizerDefaults(optimizer, options);
  const extras = extrasOf(options);
  return {
    data,
    ...(trainSize !== undefined && { trainSize }),
    ...(validation !== undefined && { validation }),
    hidden, inputDropout, dropout, optimizer, learningRate,
    ...(momentum !== undefined && { momentum }),
    l1, l2, weightDecay, batchSize, seed,
    ...(fusion !== undefined && { fusion }),
    ...extras,
  };
}

export const DATA_HELP = `
Data:
  IDX files, raw or gzip: u8 images [samples, height, width] of any size, and u8
  labels [samples] from 0, of any number of classes. A folder holds
  train-images-idx3-ubyte, train-labels-idx1-ubyte and, unless there is no test
  set, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, with or without .gz;
  behind a URL (ending in /) they end in .gz.
  Tables (CSV), raw or gzip, in UTF-8: --data iris.csv --target species. Columns
  of numbers are one input each, those of texts one per text. Of a table alone a
  fifth of the rows is held out for validation, of every class alike.

Layers (--layers), with commas between them:
  dense UNITS [ACTIVATION] [init NAME], dropout RATE, or an activation alone.
  Numbers stand behind names: leakyRelu 0.2, init constant 0.1. The last one is
  dense, without activation; there dense alone takes the outputs of the data.`;
