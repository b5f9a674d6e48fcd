/** Labelled samples in main memory, checked once so that nothing after this needs to check them again. */
import { InputError } from '../errors.ts';
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
  if (!Number.isSafeInteger(seed) || seed < 0) throw new InputError(`seed: wanted an integer in [0, 2^53), got ${seed}.`);
}

function checkTargets(given: ArrayLike<number>, classes: number | undefined, name: string): [Uint32Array, number] {
  if (classes !== undefined && !(isCount(classes) && classes <= 2 ** 32)) {
    throw new InputError(`${name}: classes must be a positive integer, got ${classes}.`);
  }
  const bad = firstOutOfRange(given, classes ?? 2 ** 32);
  if (bad >= 0) {
    const wanted = classes === undefined ? 'a class index (an integer from 0)' : `an integer in [0, ${classes})`;
    throw new InputError(`${name}: targets[${bad}] must be ${wanted}, got ${given[bad]}. Number the classes from 0.`);
  }
  let largest = 0;
  for (let i = 0; i < given.length; i++) if (given[i]! > largest) largest = given[i]!;
  return [given instanceof Uint32Array ? given : Uint32Array.from(given), classes ?? largest + 1];
}

/**
 * A data set from arrays: inputs [length, ...shape] (u8 or f32), targets [length].
 * The network sees input * scale + offset. Non-finite f32 inputs are let through here: training stops on them
 * with a NonFiniteError. The arrays are kept (targets other than Uint32Array are converted).
 * @throws InputError on an empty set, a bad shape, counts that do not agree, a target out of range, a bad scale.
 */
export function dataset(options: DatasetOptions): Dataset {
  const { inputs, name = 'data', shape, offset = 0 } = options;
  if (!(inputs instanceof Uint8Array || inputs instanceof Float32Array)) {
    const came = Object.prototype.toString.call(inputs).slice(8, -1);
    throw new InputError(`${name}: inputs must be a Uint8Array or a Float32Array, got ${came}. Convert it first.`);
  }
  if (!Array.isArray(shape) || shape.length === 0 || !shape.every(isCount)) {
    throw new InputError(`${name}: shape must be a list of positive integers (one sample), got ${JSON.stringify(shape)}.`);
  }
  if (typeof options.targets !== 'object' || options.targets === null || !Number.isInteger(options.targets.length)) {
    throw new InputError(`${name}: targets must be an array of class indices, got ${typeof options.targets}.`);
  }
  const width = shape.reduce((product, size) => product * size, 1), length = options.targets.length;
  if (length === 0) throw new InputError(`${name}: there are no samples (targets is empty). Give at least one.`);
  if (inputs.length !== length * width) {
    throw new InputError(
      `${name}: ${length} targets and shape [${shape.join(', ')}] want ${length * width} input values, got ` +
        `${inputs.length} (${inputs.length / width} samples).`,
    );
  }
  const scale = options.scale ?? (inputs instanceof Uint8Array ? 1 / 255 : 1);
  if (!Number.isFinite(scale) || scale === 0) throw new InputError(`${name}: scale must be finite and not 0, got ${scale}.`);
  if (!Number.isFinite(offset)) throw new InputError(`${name}: offset must be finite, got ${offset}.`);
  const [targets, classes] = checkTargets(options.targets, options.classes, name);
  return { name, inputs, targets, length, shape: [...shape], width, classes, scale, offset };
}

/** @throws InputError unless it is a data set. `what` names it in the message. */
export function checkDataset(data: unknown, what: string): asserts data is Dataset {
  const { inputs, targets, width, length } = (data ?? {}) as Partial<Dataset>;
  const isOne = (inputs instanceof Uint8Array || inputs instanceof Float32Array) && targets instanceof Uint32Array &&
    isCount(width) && isCount(length);
  if (isOne) return;
  const came = Object.prototype.toString.call(data).slice(8, -1);
  throw new InputError(`${what} must be a data set made by dataset(...), mnist(...) or loadIdx(...), got ${came}.`);
}

/** Copies the given rows, in the given order. */
function takeRows(data: Dataset, indices: ArrayLike<number>, name: string): Dataset {
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
  const { validation, seed } = options, { length } = data;
  checkSeed(seed);
  const count = validation > 0 && validation < 1 ? Math.round(validation * length) : validation;
  if (!isCount(count) || count >= length) {
    throw new InputError(
      `split: validation must be a fraction in (0, 1) or a count that leaves both parts at least one of the ` +
        `${length} samples of ${data.name}, got ${validation}.`,
    );
  }
  const order = permutation(length, seed, STREAM.split, 0);
  return {
    validation: takeRows(data, order.subarray(0, count).toSorted(), `${data.name} validation`),
    train: takeRows(data, order.subarray(count).toSorted(), `${data.name} train`),
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
  const { length, width } = data;
  if (typeof rows !== 'object' || rows === null) {
    throw new InputError(`subset: wanted row indices or a range such as { end: 100 }, got ${String(rows)}.`);
  }
  if ('length' in rows) {
    const bad = firstOutOfRange(rows, length);
    if (bad >= 0) throw new InputError(`subset: index ${rows[bad]} at ${bad} is not an integer in [0, ${length}) of ${data.name}.`);
    if (rows.length === 0) throw new InputError(`subset: no rows of ${data.name} were selected. Give at least one index.`);
    return takeRows(data, rows, data.name);
  }
  const { start = 0, end = length } = rows;
  if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start < end && end <= length)) {
    throw new InputError(`subset: wanted 0 <= start < end <= ${length} (${data.name}), got start ${start}, end ${end}.`);
  }
  const inputs = data.inputs.subarray(start * width, end * width);
  return { ...data, inputs, targets: data.targets.subarray(start, end), length: end - start };
}

/**
 * The control experiment: the same inputs with their targets permuted, so that there is nothing to learn and
 * test accuracy must stay near chance. Class counts stay the same. Seeded by STREAM.split at step 1 (step 0 is
 * `split`). @throws InputError on a bad seed.
 */
export function shuffleTargets(data: Dataset, seed: number): Dataset {
  checkSeed(seed);
  const targets = permutation(data.length, seed, STREAM.split, 1).map((from) => data.targets[from]!);
  return { ...data, name: `${data.name} (shuffled targets)`, targets };
}
