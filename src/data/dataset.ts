/** Labelled samples in main memory, checked once so that nothing after this needs to check them again. */
import { InputError } from '../errors.ts';
import { cameAs, isArray } from '../arrays.ts';
import { checkOptions, F32, F32_NOT_0, isF32, isListOf, isObject, textOf } from '../options.ts';
import { STREAM, permutation } from '../random.ts';
import { heldOut, type SplitOptions } from './held-out.ts';
import { inputsOf } from './numbers.ts';
import { firstOutOfRange, isCount, targetsOf, weightsOf } from './targets.ts';

import type { ClassDataset, Dataset, DatasetOptions, Labels, Numbers, OwnDataset } from './types.ts';

export type { SplitOptions };
export type { ClassDataset, Dataset, DatasetOptions, Labels, Numbers, OwnDataset };

/** Those of a data set, so that `dataset({ ...data, scale: 2 })` makes another one of it. */
const DATASET_NAMES: readonly (keyof Dataset)[] = ['inputs', 'targets', 'shape', 'classes', 'targetWidth', 'weights', 'classNames', 'scale', 'offset', 'name', 'length', 'width'];

/** Those that one written by hand may lack. */
const OPTIONAL: readonly (keyof Dataset)[] = ['targetWidth', 'weights', 'classNames'];

/** Those that it can have from nowhere else. */
const NEEDED: readonly (keyof Dataset)[] = ['inputs', 'targets', 'shape'];

/** @throws InputError unless the seed is an integer in [0, 2^53). */
export function checkSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new InputError(`seed: wanted an integer in [0, 2^53), got ${textOf(seed)}.`);
}

/**
 * A data set from arrays: inputs [length, ...shape] (u8 or f32), targets [length] (labels) or [length, targetWidth].
 * The network sees input * scale + offset. Inputs that are not finite are let through here: training stops on them
 * with a NonFiniteError. The arrays are kept (copied where their memory is shared or can be resized; what is no Uint8Array
 * or Float32Array of inputs, Uint32Array of class indices or Float32Array of vectors is converted).
 * @throws InputError on an empty set, a bad shape, counts that do not agree, a target out of range, a bad scale; and where
 *   nobody said how many classes there are and one of them, such as class 0 of labels from 1, has no sample.
 */
export function dataset(options: DatasetOptions & { readonly targets: Labels; readonly targetWidth?: 0 }): ClassDataset;
export function dataset(options: DatasetOptions): Dataset;
export function dataset(options: DatasetOptions): Dataset {
  return ownDataset(options);
}

/** The same, for those who need what only one that was checked has. */
export function ownDataset(options: DatasetOptions): OwnDataset {
  const { name = 'data', offset = 0 } = checkOptions<DatasetOptions>('dataset', options, DATASET_NAMES as readonly (keyof DatasetOptions)[]);
  if (typeof name !== 'string') throw new InputError(`dataset: name must be a text, got ${textOf(name)}.`);
  const { values: inputs, sizes } = inputsOf(`${name}: inputs`, options.inputs), { shape = sizes.slice(1) } = options;
  if (!isListOf(shape, isCount) || shape.length === 0) {
    throw new InputError(`${name}: shape must be a list of positive integers (one sample), got ${textOf(shape)}.`);
  }
  const width = shape.reduce((product, size) => product * size, 1);
  const own = targetsOf(options, inputs, width, name), { length } = own;
  if (inputs.length !== length * width || length === 0) {
    throw new InputError(
      `${name}: ${own.targets === 'inputs' ? 'one sample or more' : `${length} targets`} and shape [${shape.join(', ')}] want ` +
        `${own.targets === 'inputs' ? `a multiple of ${width}` : length * width} input values, got ${inputs.length} (${inputs.length / width} samples).`,
    );
  }
  const { scale = isArray(inputs, 'Uint8Array') ? 1 / 255 : 1 } = options;
  if (!isF32(scale) || scale === 0) throw new InputError(`${name}: scale must be ${F32_NOT_0}, got ${textOf(scale)}.`);
  if (!isF32(offset)) throw new InputError(`${name}: offset must be ${F32}, got ${textOf(offset)}.`);
  const made: OwnDataset = {
    name, inputs, ...own, shape: [...shape], width, scale, offset, ...weightsOf(options, length, name),
  };
  for (const key of ['length', 'width'] as const) {
    const said = (options as Partial<Dataset>)[key];
    if (said !== undefined && said !== made[key]) throw new InputError(`${name}: its ${key} is ${made[key]}, not ${textOf(said)}. Make it by dataset({ ... }) without ${key}.`);
  }
  return made;
}

/**
 * A data set as `dataset` would make it: one may be written by hand, and arrays may have changed since.
 * @param what it is, for messages
 * @throws InputError unless it is one, whole
 */
export function checkDataset(data: unknown, what: string): OwnDataset {
  const missing = isObject(data) ? DATASET_NAMES.filter((name) => data[name] === undefined && !OPTIONAL.includes(name)) : DATASET_NAMES;
  if (missing.length === 0) return ownDataset(data as unknown as Dataset);
  // What dataset(...) cannot do without, where that is what lacks.
  const needed = missing.filter((name) => NEEDED.includes(name));
  const came = isObject(data) ? `an object without ${(needed.length > 0 ? needed : missing).join(', ')}. Make it by dataset({ ... })` : cameAs(data);
  throw new InputError(`${what} must be a data set made by dataset(...), mnist(...) or loadIdx(...), got ${came}.`);
}

/** The given rows of an array [length, width], copied, in the given order. */
function rowsOf<Values extends Uint8Array | Uint32Array | Float32Array>(values: Values, width: number, indices: ArrayLike<number>): Values {
  const rows = new (values.constructor as new (length: number) => Values)(indices.length * width);
  for (let i = 0; i < indices.length; i++) rows.set(values.subarray(indices[i]! * width, (indices[i]! + 1) * width), i * width);
  return rows;
}

/** Copies the given rows, in the given order. */
export function takeRows(data: OwnDataset, indices: ArrayLike<number>, name: string): OwnDataset {
  const { inputs, targets, weights, width, targetWidth } = data;
  return {
    ...data, name, inputs: rowsOf(inputs, width, indices), targets: targets === 'inputs' ? targets : rowsOf(targets, targetWidth || 1, indices),
    ...(weights && { weights: rowsOf(weights, 1, indices) }), length: indices.length,
  };
}

/**
 * Holds samples out for validation: two disjoint sets that together are `data`, each in the order of `data`.
 * `validation` is a fraction in (0, 1), rounded to whole samples, or a count. Chosen by the permutation of
 * STREAM.split; with `stratify`, in proportion of each class. Rows are copied.
 * @throws InputError if either part would be empty, on a bad seed, or where there are no classes to stratify by.
 */
export function split<Data extends Dataset>(data: Data, options: SplitOptions): { train: Data; validation: Data } {
  const own = checkDataset(data, 'What split takes'), { name } = own;
  checkOptions('split', options, ['validation', 'seed', 'stratify']);
  checkSeed(options.seed);
  const { validation, train } = heldOut('split', own, options);
  return {
    validation: takeRows(own, validation, `${name} validation`) as Dataset as Data,
    train: takeRows(own, train, `${name} train`) as Dataset as Data,
  };
}

/** Rows start <= i < end. Defaults: 0 and the length. */
export interface Range {
  readonly start?: number;
  readonly end?: number;
}

/**
 * Some of the samples: a range (`{ end: 1000 }` is the first thousand; no copy) or a list of row indices (copied,
 * repeats allowed). `classes` stays as it was.
 * @throws InputError on an index or bound outside the data, or if nothing is selected.
 */
export function subset<Data extends Dataset>(data: Data, rows: ArrayLike<number> | Range): Data {
  const own = checkDataset(data, 'What subset takes'), { length, width, name } = own;
  if (typeof rows !== 'object' || rows === null) {
    throw new InputError(`subset: wanted row indices or a range such as { end: 100 }, got ${textOf(rows)}.`);
  }
  if ('length' in rows) {
    const bad = firstOutOfRange(rows, length);
    if (bad >= 0) throw new InputError(`subset: index ${textOf(rows[bad])} at ${bad} is not an integer in [0, ${length}) of ${name}.`);
    if (rows.length === 0) throw new InputError(`subset: no rows of ${name} were selected. Give at least one index.`);
    return takeRows(own, rows, name) as Dataset as Data;
  }
  const { start = 0, end = length } = checkOptions('subset', rows, ['start', 'end']);
  if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start < end && end <= length)) {
    throw new InputError(`subset: wanted 0 <= start < end <= ${length} (${name}), got start ${textOf(start)}, end ${textOf(end)}.`);
  }
  const { inputs, targets, weights, targetWidth } = own;
  const size = targetWidth || 1;
  return {
    ...own, inputs: inputs.subarray(start * width, end * width), targets: targets === 'inputs' ? targets : targets.subarray(start * size, end * size),
    ...(weights && { weights: weights.subarray(start, end) }), length: end - start,
  } as Dataset as Data;
}

/**
 * The control experiment: the same inputs with their targets permuted, so that there is nothing to learn and
 * test accuracy must stay near chance. Class counts stay the same; weights go with
 * their targets. Seeded by STREAM.split at step 1 (step 0 is
 * `split`). @throws InputError on a bad seed.
 */
export function shuffleTargets<Data extends Dataset>(data: Data, seed: number): Data {
  const own = checkDataset(data, 'What shuffleTargets takes');
  checkSeed(seed);
  if (own.targets === 'inputs') throw new InputError(`shuffleTargets: the targets of ${own.name} are its inputs. Give a data set with targets of its own.`);
  const order = permutation(own.length, seed, STREAM.split, 1), { weights } = own;
  return {
    ...own, name: `${own.name} (shuffled targets)`, targets: rowsOf(own.targets, own.targetWidth || 1, order), ...(weights && { weights: rowsOf(weights, 1, order) }),
  } as Dataset as Data;
}
