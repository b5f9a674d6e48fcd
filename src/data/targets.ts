/** What samples are to give, how much each counts and what classes are called: checks of what a caller gives. */

import { cameAs, isArray, ownArray } from '../arrays.ts';
import { InputError } from '../errors.ts';
import { F32, isF32, isListOf, textOf } from '../options.ts';
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
const labelHint = (label: unknown): string => (typeof label === 'number' ? 'Number the classes from 0.'
  : `Give numbers: ${typeof label === 'bigint' || typeof label === 'string' ? 'Uint32Array.from(targets, Number)' : 'the index of the class'}.`);

/** Class indices, and how many classes there are. */
function classTargets(given: ArrayLike<number>, classes: number | undefined, name: string): [Uint32Array<ArrayBuffer>, number] {
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
  return [isArray(given, 'Uint32Array') ? given as Uint32Array<ArrayBuffer> : Uint32Array.from(given), classes ?? largest + 1];
}

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
type Targets = Pick<OwnDataset, 'targets' | 'classes' | 'targetWidth' | 'length'>;

export function targetsOf({ targets: labels, classes, targetWidth = 0 }: DatasetOptions, inputs: OwnDataset['inputs'], width: number, name: string): Targets {
  if (targetWidth !== 0 && !isCount(targetWidth)) throw new InputError(`${name}: targetWidth must be a positive integer (values of one target), got ${textOf(targetWidth)}.`);
  if (labels === 'inputs') return { targets: labels, classes: 0, targetWidth: width, length: inputs.length / width };
  if (!isNumbersOf(labels)) throw new InputError(`${name}: targets must be an array of class indices, got ${cameAs(labels)}.`);
  const given = ownNumbers(labels, `${name}: targets`);
  if (given.length === 0) throw new InputError(`${name}: there are no samples (targets is empty). Give at least one.`);
  if (targetWidth === 0) {
    const [targets, count] = classTargets(given, classes, name);
    return { targets, classes: count, targetWidth, length: given.length };
  }
  if (given.length % targetWidth !== 0) throw new InputError(`${name}: ${given.length} values are no whole number of targets of ${targetWidth} values.`);
  return { targets: floats(given, `${name}: targets`), classes: 0, targetWidth, length: given.length / targetWidth };
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

export function namesOf({ classNames }: DatasetOptions, classes: number, name: string): { classNames?: readonly string[] } {
  if (classNames === undefined) return {};
  if (!isListOf(classNames, (one) => typeof one === 'string') || classNames.length !== classes) {
    throw new InputError(`${name}: classNames must be a list of ${classes} texts, one per class, got ${textOf(classNames)}.`);
  }
  return { classNames: [...classNames] };
}

