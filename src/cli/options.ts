/** The options that several commands share, and how their words become settings. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../errors.ts';
import { OPTIMIZERS, type Settings } from './settings.ts';
import { findData } from './sources.ts';

/** What the parsers below give, by commander's names. */
export interface ModelOptions {
  readonly data: string;
  readonly trainSize?: number;
  readonly validation?: number;
  readonly hidden: readonly number[];
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

function parseSeed(text: string): number {
  const value = numberIn(text, 0, 2 ** 53, 'a whole number from 0 to 2^53 - 1');
  if (!Number.isInteger(value)) throw new InvalidArgumentError('Wanted a whole number from 0 to 2^53 - 1.');
  return value;
}

const parseRate = (text: string): number => numberIn(text, 0, 1, 'a number in [0, 1)');
const parseStrength = (text: string): number => numberIn(text, 0, Infinity, 'a number of 0 or more');
const parseFraction = (text: string): number => numberIn(text, Number.MIN_VALUE, 1, 'a fraction between 0 and 1');
const parseHidden = (text: string): number[] => (text === 'none' ? [] : text.split(',').map(parseCount));

const DATA = 'Data and model:';
const UPDATE = 'Optimizer:';

/** Adds the options that say what is trained on what. */
export function addModelOptions(command: Command): Command {
  const add = (group: string, flags: string, description: string, parse?: (text: string) => unknown, value?: unknown, shown?: string): void => {
    const option = new Option(flags, description).helpGroup(group);
    if (parse !== undefined) option.argParser(parse);
    if (value !== undefined) option.default(value, shown);
    command.addOption(option);
  };
  add(DATA, '--data <source>', "'mnist'; a folder or URL/ with files named as MNIST's; or files by path or URL: images,labels[,test-images,test-labels]", undefined, 'mnist');
  add(DATA, '--train-size <n>', 'use only the first n training samples', parseCount);
  add(DATA, '--validation <fraction>', 'hold this fraction of the training samples out, drawn by the seed, and report on it after each epoch', parseFraction);
  add(DATA, '--hidden <units>', "hidden layers, e.g. 1000,500; 'none' for none", parseHidden, [1000, 500], '1000,500');
  add(DATA, '--dropout <rate>', 'drop hidden values with this probability', parseRate, 0);
  add(DATA, '--input-dropout <rate>', 'drop input values with this probability', parseRate, 0);
  add(DATA, '--batch-size <n>', 'samples per step', parseCount, 128);
  add(DATA, '--seed <n>', 'of initial weights, shuffles, dropout and the validation split', parseSeed, 1);
  command.addOption(new Option('--optimizer <name>', 'update rule').helpGroup(UPDATE).choices(OPTIMIZERS).default('momentum'));
  add(UPDATE, '--learning-rate <x>', 'step size (default: 0.05; 0.001 for adam and adamw)', parseStrength);
  add(UPDATE, '--momentum <x>', 'of momentum and nesterov (default: 0.9)', parseRate);
  add(UPDATE, '--l1 <x>', 'penalty x * sum |w|, proximal: makes exact zeros', parseStrength, 0);
  add(UPDATE, '--l2 <x>', 'penalty x / 2 * sum w^2, added to the gradient', parseStrength, 0);
  add(UPDATE, '--weight-decay <x>', 'decoupled from the loss: w *= 1 - learning rate * x (default: 0; 0.01 for adamw)', parseStrength);
  command.addOption(new Option('--fusion <kind>', 'which kernels are joined into one (default: full on hardware, layer on software adapters)')
    .helpGroup(UPDATE).choices(['none', 'layer', 'full']));
  return command;
}

/** The names of the options above, as commander keeps them. */
export const MODEL_OPTIONS = [
  'data', 'trainSize', 'validation', 'hidden', 'dropout', 'inputDropout', 'batchSize', 'seed', 'optimizer', 'learningRate',
  'momentum', 'l1', 'l2', 'weightDecay', 'fusion',
] as const satisfies readonly (keyof ModelOptions)[];

/** Finds the data and fills in what depends on the optimizer. @throws InputError, BadFileError */
export async function settingsOf(options: ModelOptions): Promise<Settings> {
  const { data, trainSize, validation, hidden, inputDropout, dropout, optimizer, l1, l2, batchSize, seed, fusion } = options;
  const isAdam = optimizer === 'adam' || optimizer === 'adamw';
  const hasMomentum = optimizer === 'momentum' || optimizer === 'nesterov';
  if (options.momentum !== undefined && !hasMomentum) {
    throw new InputError(`--momentum belongs to the optimizers momentum and nesterov, not to ${optimizer}.`);
  }
  return {
    data: await findData(data),
    ...(trainSize !== undefined && { trainSize }),
    ...(validation !== undefined && { validation }),
    hidden, inputDropout, dropout, optimizer,
    learningRate: options.learningRate ?? (isAdam ? 1e-3 : 0.05),
    ...(hasMomentum && { momentum: options.momentum ?? 0.9 }),
    l1, l2,
    weightDecay: options.weightDecay ?? (optimizer === 'adamw' ? 1e-2 : 0),
    batchSize, seed,
    ...(fusion !== undefined && { fusion }),
  };
}

export const DATA_HELP = `
Data:
  IDX files, raw or gzip: u8 images [samples, height, width] of any size, and u8
  labels [samples] from 0, of any number of classes. A folder holds
  train-images-idx3-ubyte, train-labels-idx1-ubyte and, unless there is no test
  set, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, with or without .gz;
  behind a URL (ending in /) they end in .gz.`;
