/** Labelled samples in main memory, checked once so that nothing after this needs to check them again. */
import { InputError } from '../errors.ts';
import { cameAs, isArray, ownArray } from '../arrays.ts';
import { checkOptions, F32, F32_NOT_0, isF32, isListOf, isObject, textOf } from '../options.ts';
import { STREAM, permutation } from '../random.ts';

/** Samples and class indices. The arrays are kept, not copied: do not write to them afterwards. */
export interface Dataset {
  readonly name: string;
  /** [length, width], row-major. The network sees input * scale + offset. */
  readonly inputs: Uint8Array | Float32Array;
  /** Class indices, [length], each below `classes`. */
  readonly targets: Uint32Array;
  readonly length: number;
  /** Shape of one sample, for example [28, 28]. */
  readonly shape: readonly number[];
  /** Product of `shape`. */
  readonly width: number;
  readonly classes: number;
  readonly scale: number;
  readonly offset: number;
}

/**
 * One that was checked: arrays of this realm, on memory that is theirs and keeps its size. What is counted, cut or sent to a GPU
 * is one of these, never what a caller holds.
 */
export interface OwnDataset extends Dataset {
  readonly inputs: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  readonly targets: Uint32Array<ArrayBuffer>;
}

export interface DatasetOptions {
  /** length * width values, row-major: u8 (a quarter of the GPU memory) or f32. */
  readonly inputs: Uint8Array | Float32Array;
  /** One class index per sample, integers from 0. */
  readonly targets: ArrayLike<number>;
  /** Shape of one sample: positive integers. */
  readonly shape: readonly number[];
  /** Default: largest target + 1. Give it when some class may be absent. */
  readonly classes?: number;
  /** Default 1/255 for Uint8Array, 1 for Float32Array. Finite, not 0. */
  readonly scale?: number;
  /** Default 0. Finite. */
  readonly offset?: number;
  /** Used in messages. Default 'data'. */
  readonly name?: string;
}

/** Those of a data set, so that `dataset({ ...data, scale: 2 })` makes another one of it. */
const DATASET_NAMES: readonly (keyof Dataset)[] = ['inputs', 'targets', 'shape', 'classes', 'scale', 'offset', 'name', 'length', 'width'];

/** Those that it can have from nowhere else. */
const NEEDED: readonly (keyof Dataset)[] = ['inputs', 'targets', 'shape'];

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;

/** Position of the first value that is not an integer in [0, classes), or -1. */
export function firstOutOfRange(targets: ArrayLike<number>, classes: number): number {
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i]!;
    if (!(Number.isInteger(target) && target >= 0 && target < classes)) return i;
  }
  return -1;
}

/** @throws InputError unless the seed is an integer in [0, 2^53). */
export function checkSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new InputError(`seed: wanted an integer in [0, 2^53), got ${textOf(seed)}.`);
}

/** Why a label is none, where its number may look right. */
const labelHint = (label: unknown): string => (typeof label === 'number' ? 'Number the classes from 0.'
  : `Give numbers: ${typeof label === 'bigint' || typeof label === 'string' ? 'Uint32Array.from(targets, Number)' : 'the index of the class'}.`);

function checkTargets(given: ArrayLike<number>, classes: number | undefined, name: string): [OwnDataset['targets'], number] {
  if (classes !== undefined && !(isCount(classes) && classes <= 2 ** 32)) {
    throw new InputError(`${name}: classes must be a positive integer, got ${textOf(classes)}.`);
  }
  const bad = firstOutOfRange(given, classes ?? 2 ** 32);
  if (bad >= 0) {
    const wanted = classes === undefined ? 'a class index (an integer from 0)' : `an integer in [0, ${classes})`;
    const kind = typeof given[bad] === 'number' || (given[bad] ?? undefined) === undefined ? '' : `the ${typeof given[bad]} `;
    throw new InputError(`${name}: targets[${bad}] must be ${wanted}, got ${kind}${textOf(given[bad])}. ${labelHint(given[bad])}`);
  }
  let largest = 0;
  for (let i = 0; i < given.length; i++) if (given[i]! > largest) largest = given[i]!;
  return [isArray(given, 'Uint32Array') ? given as OwnDataset['targets'] : Uint32Array.from(given), classes ?? largest + 1];
}

/**
 * A data set from arrays: inputs [length, ...shape] (u8 or f32), targets [length].
 * The network sees input * scale + offset. Non-finite f32 inputs are let through here: training stops on them
 * with a NonFiniteError. The arrays are kept (copied where their memory is shared or can be resized, and targets other
 * than Uint32Array are converted).
 * @throws InputError on an empty set, a bad shape, counts that do not agree, a target out of range, a bad scale.
 */
export function dataset(options: DatasetOptions): Dataset {
  return ownDataset(options);
}

/** The same, for those who need what only one that was checked has. */
export function ownDataset(options: DatasetOptions): OwnDataset {
  const { name = 'data', shape, offset = 0, targets: labels, classes: wanted } =
    checkOptions<DatasetOptions>('dataset', options, DATASET_NAMES as readonly (keyof DatasetOptions)[]);
  if (typeof name !== 'string') throw new InputError(`dataset: name must be a text, got ${textOf(name)}.`);
  const inputs = ownArray(`${name}: inputs`, options.inputs, 'Uint8Array', 'Float32Array');
  if (!isListOf(shape, isCount) || shape.length === 0) {
    throw new InputError(`${name}: shape must be a list of positive integers (one sample), got ${textOf(shape)}.`);
  }
  if (typeof labels !== 'object' || labels === null || !Number.isInteger(labels.length)) {
    throw new InputError(`${name}: targets must be an array of class indices, got ${cameAs(labels)}.`);
  }
  // Ours before they are looked at: in shared memory they could change in between.
  const given = isArray(labels, 'Uint32Array') ? ownArray(`${name}: targets`, labels, 'Uint32Array') : labels;
  const width = shape.reduce((product, size) => product * size, 1), { length } = given;
  if (length === 0) throw new InputError(`${name}: there are no samples (targets is empty). Give at least one.`);
  if (inputs.length !== length * width) {
    throw new InputError(
      `${name}: ${length} targets and shape [${shape.join(', ')}] want ${length * width} input values, got ` +
        `${inputs.length} (${inputs.length / width} samples).`,
    );
  }
  const { scale = isArray(inputs, 'Uint8Array') ? 1 / 255 : 1 } = options;
  if (!isF32(scale) || scale === 0) throw new InputError(`${name}: scale must be ${F32_NOT_0}, got ${textOf(scale)}.`);
  if (!isF32(offset)) throw new InputError(`${name}: offset must be ${F32}, got ${textOf(offset)}.`);
  const [targets, classes] = checkTargets(given, wanted, name);
  const made: OwnDataset = { name, inputs, targets, length, shape: [...shape], width, classes, scale, offset };
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
  const missing = isObject(data) ? DATASET_NAMES.filter((name) => data[name] === undefined) : DATASET_NAMES;
  if (missing.length === 0) return ownDataset(data as unknown as Dataset);
  // What dataset(...) cannot do without, where that is what lacks.
  const needed = missing.filter((name) => NEEDED.includes(name));
  const came = isObject(data) ? `an object without ${(needed.length > 0 ? needed : missing).join(', ')}. Make it by dataset({ ... })` : cameAs(data);
  throw new InputError(`${what} must be a data set made by dataset(...), mnist(...) or loadIdx(...), got ${came}.`);
}

/** Copies the given rows, in the given order. */
function takeRows(data: OwnDataset, indices: ArrayLike<number>, name: string): OwnDataset {
  const { inputs, targets, width } = data, length = indices.length;
  const size = length * width;
  const rows = inputs instanceof Uint8Array ? new Uint8Array(size) : new Float32Array(size);
  const labels = new Uint32Array(length);
  for (let i = 0; i < length; i++) {
    const from = indices[i]!;
    rows.set(inputs.subarray(from * width, (from + 1) * width), i * width);
    labels[i] = targets[from]!;
  }
  return { ...data, name, inputs: rows, targets: labels, length };
}

/**
 * Holds samples out for validation: two disjoint sets that together are `data`, each in the order of `data`.
 * `validation` is a fraction in (0, 1), rounded to whole samples, or a count. Chosen by the permutation of
 * STREAM.split. Rows are copied.
 * @throws InputError if either part would be empty, or on a bad seed.
 */
export function split(
  data: Dataset,
  options: { readonly validation: number; readonly seed: number },
): { train: Dataset; validation: Dataset } {
  const { validation, seed } = checkOptions('split', options, ['validation', 'seed']);
  const own = checkDataset(data, 'What split takes'), { length, name } = own;
  checkSeed(seed);
  const count = typeof validation === 'number' && validation > 0 && validation < 1 ? Math.round(validation * length) : validation;
  if (!isCount(count) || count >= length) {
    throw new InputError(
      `split: validation must be a fraction in (0, 1) or a count that leaves both parts at least one of the ` +
        `${length} samples of ${name}, got ${textOf(validation)}.`,
    );
  }
  const order = permutation(length, seed, STREAM.split, 0);
  return {
    validation: takeRows(own, order.subarray(0, count).toSorted(), `${name} validation`),
    train: takeRows(own, order.subarray(count).toSorted(), `${name} train`),
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
export function subset(data: Dataset, rows: ArrayLike<number> | Range): Dataset {
  const own = checkDataset(data, 'What subset takes'), { length, width, name } = own;
  if (typeof rows !== 'object' || rows === null) {
    throw new InputError(`subset: wanted row indices or a range such as { end: 100 }, got ${textOf(rows)}.`);
  }
  if ('length' in rows) {
    const bad = firstOutOfRange(rows, length);
    if (bad >= 0) throw new InputError(`subset: index ${textOf(rows[bad])} at ${bad} is not an integer in [0, ${length}) of ${name}.`);
    if (rows.length === 0) throw new InputError(`subset: no rows of ${name} were selected. Give at least one index.`);
    return takeRows(own, rows, name);
  }
  const { start = 0, end = length } = checkOptions('subset', rows, ['start', 'end']);
  if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start < end && end <= length)) {
    throw new InputError(`subset: wanted 0 <= start < end <= ${length} (${name}), got start ${textOf(start)}, end ${textOf(end)}.`);
  }
  const inputs = own.inputs.subarray(start * width, end * width);
  return { ...own, inputs, targets: own.targets.subarray(start, end), length: end - start };
}

/**
 * The control experiment: the same inputs with their targets permuted, so that there is nothing to learn and
 * test accuracy must stay near chance. Class counts stay the same. Seeded by STREAM.split at step 1 (step 0 is
 * `split`). @throws InputError on a bad seed.
 */
export function shuffleTargets(data: Dataset, seed: number): Dataset {
  const own = checkDataset(data, 'What shuffleTargets takes');
  checkSeed(seed);
  const targets = permutation(own.length, seed, STREAM.split, 1).map((from) => own.targets[from]!);
  return { ...own, name: `${own.name} (shuffled targets)`, targets };
}
