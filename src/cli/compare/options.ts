/** The options of `gradshader compare`, and how their words become settings. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../../errors.ts';
import type { ActivationName } from '../../kernels/activations/index.ts';
import type { Init, InitName } from '../../model/inits/init.ts';
import { OPTIMIZER_NAMES } from '../../model/optimizers/named.ts';
import { activationOption, DATA_HELP, HIDDEN_HELP, initOption, LAYERS_HELP, normalizeOption, parseCount, parseFraction, parseHidden, parseLayerWords, parseRate, parseSeed, parseStrength, settingsOf } from '../options.ts';
import { learningRates, momentums } from '../optimizers.ts';
import type { Settings } from '../settings.ts';
import { addTableOptions, flagOf, TABLE_OPTIONS, type TableWords } from '../tables.ts';
import { methodGroup, METHODS, shortNumber, STRENGTHS, type Method } from './methods.ts';
import { pathGroups, strengthsOf, type PathRange } from './path.ts';
import { PATH_KEYS, type CompareSettings, type Group, type PathKey } from './types.ts';
import { checkVariants, DEEP, LOOKS, parseActivations, parseInitList, variantGroups } from './variants.ts';

/** What the parsers below give, by commander's names. */
export interface CompareOptions extends TableWords {
  readonly data: string;
  readonly trainSize?: number;
  readonly validation: number;
  readonly hidden?: readonly number[];
  readonly layers?: string;
  readonly activation?: ActivationName;
  readonly init?: InitName;
  readonly normalize?: Settings['normalize'];
  readonly batchSize: number;
  readonly optimizer: Settings['optimizer'];
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly fusion?: Settings['fusion'];
  readonly activations?: readonly ActivationName[];
  readonly inits?: readonly Init[];
  readonly methods?: readonly Method[];
  readonly l1?: number;
  readonly l2?: number;
  readonly dropout?: number;
  readonly inputDropout?: number;
  readonly maxNorm?: number;
  readonly seeds: number;
  readonly seed: number;
  readonly epochs: number;
  readonly path?: PathRange;
  readonly points?: number;
  readonly folds?: number;
  readonly evaluateEvery?: number;
  readonly replicasPerRun?: number;
}

/** The path that `--folds` alone takes, and the points of any path. */
const DEFAULT_PATH: PathRange = { key: 'l1', from: 1e-6, to: 1e-3 };
const DEFAULT_POINTS = 7;

/** `l1=1e-6..1e-3`. @throws InvalidArgumentError */
export function parsePath(text: string): PathRange {
  const [, key, low, high] = /^(\w+)=(.+?)\.\.(.+)$/.exec(text) ?? [];
  const [from, to] = [Number(low?.trim() || NaN), Number(high?.trim() || NaN)];
  const known = PATH_KEYS.find((one) => one === key);
  if (known === undefined) throw new InvalidArgumentError(`Wanted ${PATH_KEYS.join(', ')} with a range, such as l1=1e-6..1e-3.`);
  const isRange = known === 'dropout' ? from >= 0 && from < to && to < 1 : from > 0 && from < to && to < Infinity;
  if (!isRange) {
    throw new InvalidArgumentError(known === 'dropout'
      ? 'Wanted a range of rates in [0, 1), such as dropout=0..0.8.'
      : `Wanted a range of numbers above 0, the smaller one first, such as ${known}=${known === 'maxNorm' ? '1..4' : '1e-6..1e-3'}.`);
  }
  return { key: known, from, to };
}

function parseMethods(text: string): Method[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !(METHODS as readonly string[]).includes(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`Wanted some of ${METHODS.join(', ')}, with commas between them.`);
  return METHODS.filter((method) => names.includes(method));
}

function parseAtLeastTwo(text: string): number {
  const value = parseCount(text);
  if (value < 2) throw new InvalidArgumentError('Wanted a whole number of 2 or more.');
  return value;
}

const WHAT = 'What is compared:', DATA = 'Data and model:', RUN = 'How it runs:';

export function addCompareOptions(command: Command): Command {
  const add = (group: string, flags: string, description: string, parse?: (text: string) => unknown, value?: unknown, shown?: string): void => {
    const option = new Option(flags, description).helpGroup(group);
    if (parse !== undefined) option.argParser(parse);
    if (value !== undefined) option.default(value, shown);
    command.addOption(option);
  };
  add(WHAT, '--methods <names>', `some of ${METHODS.join(', ')} (default: all)`, parseMethods);
  add(WHAT, '--seeds <n>', 'replicas of each method, with seeds of their own', parseCount, 3);
  add(WHAT, '--l1 <x>', `strength of L1 (default: ${shortNumber(STRENGTHS.l1)})`, parseStrength);
  add(WHAT, '--l2 <x>', `strength of L2 (default: ${shortNumber(STRENGTHS.l2)})`, parseStrength);
  add(WHAT, '--dropout <rate>', `of hidden values, in the methods with dropout (default: ${STRENGTHS.dropout})`, parseRate);
  add(WHAT, '--input-dropout <rate>', `of inputs, in the methods with dropout (default: ${STRENGTHS.inputDropout})`, parseRate);
  add(WHAT, '--max-norm <c>', `largest norm of a unit's incoming weights (default: ${STRENGTHS.maxNorm})`, parseStrength);
  add(WHAT, '--path <key=from..to>', "in place of methods, strengths of l1, l2, dropout or maxNorm: 'l1=1e-6..1e-3'; the best is chosen by validation", parsePath);
  add(WHAT, '--points <n>', `strengths of the path (default: ${DEFAULT_POINTS})`, parseAtLeastTwo);
  add(WHAT, '--folds <k>', 'choose the strength by k-fold cross-validation, then train it on all training samples (without --path: l1=1e-6..1e-3)', parseAtLeastTwo);
  add(WHAT, '--activations <names>', 'in place of methods, deep networks that differ in their activations: relu,tanh; shows what vanishes and explodes', parseActivations);
  add(WHAT, '--inits <list>', 'the same of how their weights begin: heNormal,glorotUniform,constant 0.01; with --activations each with each', parseInitList);
  add(DATA, '--data <source>', "'mnist', a folder, URL/ or files, as for train; with a test set", undefined, 'mnist');
  add(DATA, '--train-size <n>', 'use only the first n training samples (default: all; 1200 on a software adapter)', parseCount);
  add(DATA, '--validation <fraction>', 'of these samples, held out for the choices', parseFraction, 1 / 6, '1/6');
  add(DATA, '--hidden <units>', `${HIDDEN_HELP}; with --activations or --inits eight of 64 units`, parseHidden);
  add(DATA, '--layers <list>', `${LAYERS_HELP}; with --activations or --inits, which change what it says of these`, parseLayerWords);
  command.addOption(activationOption().helpGroup(DATA));
  command.addOption(initOption().helpGroup(DATA));
  command.addOption(normalizeOption().helpGroup(DATA));
  command.addOption(new Option('--optimizer <name>', 'update rule').helpGroup(DATA).choices(OPTIMIZER_NAMES).default('momentum'));
  add(DATA, '--learning-rate <x>', `step size, constant (default: ${learningRates()})`, parseStrength);
  add(DATA, '--momentum <x>', `of optimizers that have one (default: ${momentums()})`, parseRate);
  add(DATA, '--batch-size <n>', 'samples per step', parseCount, 128);
  add(RUN, '--epochs <n>', 'passes over the training samples', parseCount, 20);
  add(RUN, '--seed <n>', 'first seed; it also draws the validation samples and folds', parseSeed, 1);
  add(RUN, '--evaluate-every <n>', 'epochs from one evaluation to the next (default: so that evaluating takes no longer than training)', parseCount);
  add(RUN, '--replicas-per-run <n>', 'train at most n networks side by side (default: as many as fit)', parseCount);
  command.addOption(new Option('--fusion <kind>', 'which kernels are joined into one (default: by adapter)').helpGroup(RUN).choices(['none', 'layer', 'full']));
  return addTableOptions(command).addHelpText('after', COMPARE_HELP);
}

/** The options that a resumed experiment cannot change, as commander keeps them. */
export const COMPARE_OPTIONS = [
  'data', 'trainSize', 'validation', 'hidden', 'layers', 'activation', 'activations', 'init', 'inits', 'normalize', 'batchSize', 'optimizer', 'learningRate', 'momentum', 'fusion', 'methods', 'l1', 'l2',
  'dropout', 'inputDropout', 'maxNorm', 'seeds', 'seed', 'epochs', 'path', 'points', 'folds', 'evaluateEvery', 'replicasPerRun', ...TABLE_OPTIONS,
] as const satisfies readonly (keyof CompareOptions)[];

type Given = Partial<Pick<CompareOptions, 'l1' | 'l2' | 'dropout' | 'inputDropout' | 'maxNorm'>>;

/** What every replica of a path has besides the strength that varies: only what was asked for. */
function restOf(key: PathKey, { l1, l2, dropout, inputDropout, maxNorm }: Given): Record<string, number> {
  const all: Record<string, number | undefined> = { l1, l2, dropout, maxNorm };
  const rest = Object.entries(all).filter(([name, value]) => name !== key && value !== undefined) as [string, number][];
  // A dropout rate reaches every dropout layer, so inputs are always said as well.
  const input = inputDropout ?? (key === 'dropout' || dropout !== undefined ? 0 : undefined);
  return { ...Object.fromEntries(rest), ...(input !== undefined && { 'layers.0.dropout': input }) };
}

function checkTogether({ path, folds, points, methods }: CompareOptions): void {
  const isPath = path !== undefined || folds !== undefined;
  if (isPath && methods !== undefined) throw new InputError('--methods cannot be given with --path or --folds: a path varies one strength.');
  if (points !== undefined && !isPath) throw new InputError('--points belongs to --path or --folds.');
}

/** Finds the data and fills in the defaults. @throws InputError, BadFileError */
export async function compareSettings(options: CompareOptions): Promise<CompareSettings> {
  checkTogether(options);
  checkVariants({ ...options }, flagOf);
  const { activations, inits, layers } = options, isVariants = activations !== undefined || inits !== undefined;
  const { path = options.folds === undefined ? undefined : DEFAULT_PATH, points = DEFAULT_POINTS, folds, seeds, seed, epochs } = options;
  const { evaluateEvery, replicasPerRun } = options;
  const hidden = options.hidden ?? (isVariants && layers === undefined ? DEEP : undefined);
  const base = await settingsOf({ ...options, ...(hidden && { hidden }), inputDropout: 0, dropout: 0, l1: 0, l2: 0, maxNorm: undefined });
  const given: Given = options;
  const strengths = {
    l1: given.l1 ?? STRENGTHS.l1, l2: given.l2 ?? STRENGTHS.l2, maxNorm: given.maxNorm ?? STRENGTHS.maxNorm,
    dropout: given.dropout ?? STRENGTHS.dropout, inputDropout: given.inputDropout ?? STRENGTHS.inputDropout,
  };
  const values = path && strengthsOf(path, points);
  return {
    base,
    epochs,
    seeds: Array.from({ length: seeds }, (_, i) => seed + i),
    groups: isVariants ? variantGroups(activations, inits) : path && values
      ? pathGroups(path.key, values, restOf(path.key, given))
      : (options.methods ?? METHODS).map((method): Group => methodGroup(method, strengths)),
    ...(isVariants && { looks: LOOKS }),
    ...(path && values && { path: { key: path.key, strengths: values } }),
    ...(folds !== undefined && { folds }),
    ...(evaluateEvery !== undefined && { evaluateEvery }),
    ...(replicasPerRun !== undefined && { replicasPerRun }),
  };
}

const COMPARE_HELP = `${DATA_HELP}

All replicas (methods by seeds) are trained side by side in one run on the same
samples; where they do not fit, in several, with the same numbers. Epochs and
strengths are chosen by validation samples taken from the training set; the test
set is only reported. Written: compare.json and compare.html.

With --activations and --inits each network is trained by itself, its seeds side
by side. Standard deviations of activations and gradients are measured before
the first and after the 100th step, layer by layer: see also deviations.svg. In
--layers every activation, and every init, becomes the one that is compared;
"constant" alone begins all weights at 0.01.

Ctrl-C finishes the submit, saves and says how to go on; a second one leaves at
once. Exit codes: 0 done, 130 stopped and saved, 1 an error, 2 wrong arguments.

Examples:
  npm run gradshader -- compare --train-size 1000
  npm run gradshader -- compare --methods none,l1 --optimizer adam --seeds 5
  npm run gradshader -- compare --path l1=1e-6..1e-3 --points 9
  npm run gradshader -- compare --path l2=1e-5..1e-2 --folds 5
  npm run gradshader -- compare --activations relu,tanh,sigmoid,selu
  npm run gradshader -- compare --activations relu,tanh --inits heNormal,zeros
  npm run gradshader -- compare --inits heNormal,glorotUniform \\
    --layers "dense 100 tanh, dense 50 tanh, dense"`;
