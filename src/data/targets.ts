/** What samples are to give, how much each counts and what classes are called: checks of what a caller gives. */

import { cameAs, isArray, ownArray } from '../arrays.ts';
import { InputError } from '../errors.ts';
import { F32, isF32, isListOf, textOf } from '../options.ts';
import { flatten, isList } from './numbers.ts';
import type { DatasetOptions, OwnDataset } from './types.ts';

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;

/** Position of the first value that is not an integer in [0, classes), or -1. */
export function firstOutOfRange(targets: ArrayLike<number>, classes: number): number {
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i]!;
    if (!(Number.isInteger(target) && target >= 0 && target < classes)) return i;
  }
  return -1;
}

/** Why a label is none, where its number may look right. */
const labelHint = (label: unknown): string => (typeof label === 'number' ? ` Number the classes from 0${Number.isInteger(label) ? '' : ', or give targetWidth: 1 where these are values to be predicted'}.` : '');

/** Classes that no sample has. */
export function emptyClasses(targets: ArrayLike<number>, classes: number): number[] {
  const seen = new Set(Array.from(targets));
  return Array.from({ length: classes }, (_, one) => one).filter((one) => !seen.has(one));
}

/** What is wrong with labels that leave a class without samples where nobody said how many classes there are; or nothing. */
export function emptyClass(targets: ArrayLike<number>): string | undefined {
  const largest = largestOf(targets), seen = new Set(Array.from(targets));
  let empty = 0;
  while (seen.has(empty)) empty++;
  return empty > largest ? undefined
    : `no sample has class ${empty}, and labels go to ${largest}. Give classes: ${largest + 1} where that may be${empty === 0 ? ', or number the classes from 0' : ''}.`;
}

export function largestOf(targets: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < targets.length; i++) if (targets[i]! > largest) largest = targets[i]!;
  return largest;
}

/** Class indices, and how many classes there are. */
function classTargets(given: ArrayLike<number>, classes: number | undefined, name: string): [Uint32Array<ArrayBuffer>, number] {
  if (classes !== undefined && !(isCount(classes) && classes <= 2 ** 32)) {
    throw new InputError(`${name}: classes must be a positive integer, got ${textOf(classes)}.`);
  }
  const bad = firstOutOfRange(given, classes ?? 2 ** 32);
  if (bad >= 0) {
    const wanted = classes === undefined ? 'a class index (an integer from 0)' : `an integer in [0, ${classes})`;
    throw new InputError(`${name}: targets[${bad}] must be ${wanted}, got ${textOf(given[bad])}.${labelHint(given[bad])}`);
  }
  const said = classes === undefined ? emptyClass(given) : undefined;
  if (said !== undefined) throw new InputError(`${name}: ${said}`);
  return [isArray(given, 'Uint32Array') ? given as Uint32Array<ArrayBuffer> : Uint32Array.from(given), classes ?? largestOf(given) + 1];
}

/** As numbers where all are numbers, else by code units: the order of scikit-learn's LabelEncoder. */
export function sortedNames(texts: Iterable<string>): string[] {
  const names = [...new Set(texts)], areNumbers = names.every((name) => name.trim() !== '' && Number.isFinite(Number(name)));
  return names.sort(areNumbers ? (a, b) => Number(a) - Number(b) : undefined);
}

/** Indices of labels among the names of their classes, as numbers that `classTargets` looks at. */
function indicesOf(labels: ArrayLike<unknown>, names: readonly string[], name: string): number[] {
  const indices = new Map(names.map((one, i) => [one, i]));
  return Array.from(labels, (label, i) => {
    const index = isWord(label) ? indices.get(String(label)) : undefined;
    if (index === undefined) throw new InputError(`${name}: targets[${i}] must be one of ${textOf(names)}, got ${textOf(label)}.`);
    return index;
  });
}

/** What a class is called, and not its index. */
const isWord = (label: unknown): boolean => typeof label === 'string' || typeof label === 'boolean';

/** Numbers of samples as f32. @throws InputError where one is not finite */
function floats(given: ArrayLike<number>, what: string, wanted = F32, holds: (value: number) => boolean = isF32): Float32Array<ArrayBuffer> {
  for (let i = 0; i < given.length; i++) {
    if (!(isF32(given[i]) && holds(given[i]!))) throw new InputError(`${what}[${i}] must be ${wanted}, got ${textOf(given[i])}.`);
  }
  return isArray(given, 'Float32Array') ? given as Float32Array<ArrayBuffer> : Float32Array.from(given);
}

/** Ours before they are looked at: in shared memory they could change in between. */
const ownNumbers = (given: ArrayLike<number>, what: string): ArrayLike<number> =>
  (isArray(given, 'Uint32Array', 'Float32Array') ? ownArray(what, given, 'Uint32Array', 'Float32Array') : given);

const isNumbersOf = (given: unknown): given is ArrayLike<number> => typeof given === 'object' && given !== null && Number.isInteger((given as ArrayLike<number>).length);

/** What samples are to give. */
type Targets = Pick<OwnDataset, 'targets' | 'classes' | 'targetWidth' | 'length'> & { readonly classNames?: readonly string[] };

/** [length, targetWidth], of one list or of one per sample. */
function vectorTargets(given: ArrayLike<unknown>, targetWidth: number, name: string): Targets {
  const what = `${name}: targets`, { values, sizes: [length = 0] } = isList(given[0]) ? flatten(what, given as readonly unknown[]) : { values: given as ArrayLike<number>, sizes: [] };
  const width = targetWidth || values.length / length;
  if (values.length % width !== 0 || (length > 0 && values.length / width !== length)) {
    throw new InputError(`${name}: ${values.length} values are no ${length > 0 ? length : 'whole number of'} targets of ${width} values.`);
  }
  return { targets: floats(values, what), classes: 0, targetWidth: width, length: values.length / width };
}

const plainNumber = (label: unknown): number => (typeof label === 'bigint' ? Number(label) : label as number);

/** Class indices, or words that become such. */
function labelTargets(given: ArrayLike<unknown>, classes: number | undefined, classNames: readonly string[] | undefined, name: string): Targets {
  const names = classNames ?? (isWord(given[0]) ? sortedNames(Array.from(given, String)) : undefined);
  const numbers = isWord(given[0]) ? indicesOf(given, names!, name) : typeof given[0] === 'bigint' ? Array.from(given, plainNumber) : given as ArrayLike<number>;
  const [targets, count] = classTargets(numbers, classes ?? names?.length, name);
  return { targets, classes: count, targetWidth: 0, length: given.length, ...(names && { classNames: names }) };
}

export function targetsOf(options: DatasetOptions, inputs: OwnDataset['inputs'], width: number, name: string): Targets {
  const { targets: labels, targetWidth = 0 } = options, classNames = namesOf(options, name);
  if (targetWidth !== 0 && !isCount(targetWidth)) throw new InputError(`${name}: targetWidth must be a positive integer (values of one target), got ${textOf(targetWidth)}.`);
  if (labels === 'inputs') return { targets: labels, classes: 0, targetWidth: width, length: inputs.length / width };
  if (!isNumbersOf(labels)) throw new InputError(`${name}: targets must be an array of class indices, got ${cameAs(labels)}.`);
  const given: ArrayLike<unknown> = ownNumbers(labels, `${name}: targets`);
  if (given.length === 0) throw new InputError(`${name}: there are no samples (targets is empty). Give at least one.`);
  const isVectors = targetWidth > 0 || isList(given[0]);
  const made = isVectors ? vectorTargets(given, targetWidth, name) : labelTargets(given, options.classes, classNames, name);
  if (classNames !== undefined && classNames.length !== made.classes) {
    throw new InputError(`${name}: classNames must be a list of ${made.classes} texts, one per class, got ${textOf(classNames)}.`);
  }
  return made;
}

export function weightsOf({ weights: given }: DatasetOptions, length: number, name: string): { weights?: Float32Array<ArrayBuffer> } {
  if (given === undefined) return {};
  if (!isNumbersOf(given) || given.length !== length) {
    throw new InputError(`${name}: weights must be an array of ${length} numbers, one per sample, got ${isNumbersOf(given) ? `${given.length}` : cameAs(given)}.`);
  }
  const weights = floats(ownNumbers(given, `${name}: weights`), `${name}: weights`, 'a finite number of 0 or more', (value) => value >= 0);
  if (weights.every((weight) => weight === 0)) throw new InputError(`${name}: weights are all 0. Give at least one sample a weight above 0.`);
  return { weights };
}

function namesOf({ classNames }: DatasetOptions, name: string): readonly string[] | undefined {
  if (classNames === undefined) return undefined;
  if (!isListOf(classNames, (one) => typeof one === 'string') || new Set(classNames).size !== classNames.length) {
    throw new InputError(`${name}: classNames must be a list of texts, no two alike, got ${textOf(classNames)}.`);
  }
  return [...classNames] as readonly string[];
}
