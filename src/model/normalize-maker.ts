/** What `normalize` makes, and the check of what a configuration or a file holds instead. */

import { isNumbers } from '../arrays.ts';
import { InputError } from '../errors.ts';
import { checkOptions, demand, demandOneOf, F32, isF32, isListOf, isObject, textOf } from '../options.ts';
import type { Normalize } from './normalize.ts';

/** One for all inputs, or one per feature. */
type Given = number | ArrayLike<number>;

export interface NormalizeOptions {
  /** 'standard' (default): (x - mean) / deviation. 'minMax': (x - minimum) / (maximum - minimum), which lies in [0, 1]. */
  readonly kind?: 'standard' | 'minMax';
  /** Each feature by its own numbers, or all by the same, as pixels of images are. Default 'feature'. */
  readonly per?: 'feature' | 'all';
  /** Of 'standard': the mean, where it is not to be learned; with `deviation`. */
  readonly mean?: Given;
  /** Of 'standard': above 0; with `mean`. */
  readonly deviation?: Given;
  /** Of 'minMax', where it is not to be learned; with `maximum`. */
  readonly minimum?: Given;
  /** Of 'minMax': `minimum` or more. Where they are equal (x - minimum) is seen. */
  readonly maximum?: Given;
}

const NAMES = ['kind', 'per', 'mean', 'deviation', 'minimum', 'maximum'] as const;
const NUMBERS = { standard: ['mean', 'deviation'], minMax: ['minimum', 'maximum'] } as const;

/** A name's numbers. @throws InputError */
function numbersOf(name: string, value: unknown, per: Normalize['per']): readonly number[] {
  if (per === 'all') demand(isF32(value), `normalize: ${name}`, `with per: 'all' ${F32}`, value);
  else demand(isListOf(value, isF32) && value.length > 0, `normalize: ${name}`, `with per: 'feature' a list of one per feature, each ${F32}`, value);
  return per === 'all' ? [value as number] : value as readonly number[];
}

/** @throws InputError */
function checkNumbers(normalize: Normalize): void {
  const { kind, per } = normalize, [low, high] = NUMBERS[kind];
  const foreign = NAMES.find((name, at) => at > 1 && name !== low && name !== high && normalize[name] !== undefined);
  if (foreign !== undefined) throw new InputError(`normalize: ${foreign} does not go with kind '${kind}', whose numbers are ${low} and ${high}.`);
  if (normalize[low] === undefined && normalize[high] === undefined) return;
  const [lows, highs] = [numbersOf(low, normalize[low], per), numbersOf(high, normalize[high], per)];
  if (lows.length !== highs.length) throw new InputError(`normalize: ${low} has ${lows.length} values, ${high} ${highs.length}. Give as many of each.`);
  const bad = highs.findIndex((value, i) => (kind === 'standard' ? !(value > 0) : !(value >= lows[i]!)));
  if (bad < 0) return;
  const where = per === 'all' ? high : `${high}[${bad}]`;
  throw new InputError(kind === 'standard'
    ? `normalize: ${where} must be above 0, got ${highs[bad]}. Of a feature that never varies give 1.`
    : `normalize: ${where} must be at least the minimum, ${lows[bad]}, got ${highs[bad]}.`);
}

/** @param model which takes such inputs, not checked yet @throws InputError */
export function checkNormalize(normalize: Normalize, model?: { readonly inputShape?: unknown }): void {
  if (!isObject(normalize) || normalize.kind === undefined || normalize.per === undefined) {
    throw new InputError(`normalize must be made by normalize(...), got ${textOf(normalize)}.`);
  }
  checkOptions('normalize', normalize, NAMES);
  demandOneOf('normalize: kind', normalize.kind, Object.keys(NUMBERS));
  demandOneOf('normalize: per', normalize.per, ['feature', 'all']);
  checkNumbers(normalize);
  const name = NUMBERS[normalize.kind][0], numbers = normalize[name], shape = model?.inputShape;
  const inputs = Array.isArray(shape) ? (shape as readonly number[]).reduce((product, size) => product * size, 1) : undefined;
  if (inputs !== undefined && typeof numbers === 'object' && numbers.length !== inputs) {
    throw new InputError(`normalize: ${name} has ${numbers.length} values, the model takes ${inputs}. Give one per feature, or one number for all.`);
  }
}

/** A typed array as a list; what is none is left to the check. */
const plain = (value: Given): number | readonly number[] => (Array.isArray(value) || (ArrayBuffer.isView(value) && isNumbers(value)) ? Array.from(value as ArrayLike<number>) : value as number);

/**
 * Normalises the network's inputs, as the trainer's `normalize`: what a data set holds, after its scale and offset, goes into the network as
 * (x - mean) / deviation, or with 'minMax' as (x - minimum) / (maximum - minimum). The numbers are of the training set of the first `fit`
 * alone, in double precision, the deviation that of the population (scikit-learn's StandardScaler and MinMaxScaler; Keras's Normalization
 * after `adapt`); or the ones given. They are learned once, saved in checkpoints, and used by whatever reads inputs. Where all values
 * of a feature are the same it is seen as 0. Class indices and vectors as targets are not normalised; `targets: 'inputs'` are what the
 * network sees. On the GPU, in f32: (x - c) * f of what is stored, c = (mean - offset) / scale and f = scale / deviation rounded
 * once from double: a shift by at most half of what lies between f32 neighbours of the mean, and 2^-22 of the value.
 * @throws InputError
 */
export function normalize(options: NormalizeOptions = {}): Normalize {
  const { kind, per, ...numbers } = checkOptions('normalize', options, NAMES);
  const given = Object.entries(numbers).filter((entry): entry is [string, Given] => entry[1] !== undefined).map(([name, value]) => [name, plain(value)] as const);
  const made: Normalize = {
    kind: kind ?? (given.some(([name]) => name.startsWith('m') && name !== 'mean') ? 'minMax' : 'standard'),
    per: per ?? (given.some(([, value]) => typeof value === 'number') ? 'all' : 'feature'), ...Object.fromEntries(given),
  };
  checkNormalize(made);
  return made;
}
