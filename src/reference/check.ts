/** Input checks shared by the references. */
import { cameAs, isNumbers } from '../arrays.ts';
import { InputError } from '../errors.ts';
import { didYouMean, isListOf, isObject, textOf } from '../options.ts';

/** What an argument must be: in words, and whether it is. */
interface Wanted {
  readonly wanted: string;
  readonly holds: (value: unknown) => boolean;
}

const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** A typed array's elements are all of one kind; those of lists, and of what only has a length, are looked at, holes too. */
function isValues(value: unknown): boolean {
  if (ArrayBuffer.isView(value)) return isNumbers(value);
  if (typeof value !== 'object' || value === null) return false;
  const { length } = value as ArrayLike<unknown>;
  if (!isWhole(length)) return false;
  for (let i = 0; i < length; i++) if (typeof (value as ArrayLike<unknown>)[i] !== 'number') return false;
  return true;
}

const WANTED = {
  values: { wanted: 'an array of numbers', holds: isValues },
  lists: { wanted: 'a list of arrays of numbers', holds: (value) => isListOf(value, isValues) },
  size: { wanted: 'a whole number of 0 or more', holds: isWhole },
  number: { wanted: 'a number', holds: (value) => typeof value === 'number' },
  flag: { wanted: 'true or false', holds: (value) => typeof value === 'boolean' },
  text: { wanted: 'a text', holds: (value) => typeof value === 'string' },
  object: { wanted: 'an object', holds: isObject },
  objects: { wanted: 'a list of objects', holds: (value) => isListOf(value, isObject) },
} as const satisfies Readonly<Record<string, Wanted>>;

type Name = keyof typeof WANTED;

/** The name of one; with `?` it may be left out. */
export type Kind = Name | `${Name}?`;

// These checks stand before loops over three numbers: no lists of entries are made in them, no texts.
const isOptional = (kind: Kind): boolean => kind.endsWith('?');

function refuse(kernel: string, name: string, value: unknown, { wanted }: Wanted): never {
  throw new InputError(`${kernel}: ${name} must be ${wanted}, got ${ArrayBuffer.isView(value) ? viewOf(value) : textOf(value)}.`);
}

/** What messages call one that does not do. */
const viewOf = (value: ArrayBufferView): string => (value.byteLength > 0 ? `a ${cameAs(value)}` : `a ${cameAs(value)} whose memory is empty or gone`);

/** Throws InputError unless `value` is of that kind. */
export function requireKind(kernel: string, name: string, value: unknown, kind: Kind): void {
  const mayLack = isOptional(kind);
  if (mayLack && value === undefined) return;
  const wanted: Wanted = WANTED[(mayLack ? kind.slice(0, -1) : kind) as Name];
  if (!wanted.holds(value)) refuse(kernel, name, value, wanted);
}

function refuseNear(kernel: string, name: string, kinds: Readonly<Record<string, Kind>>): void {
  const meant = didYouMean(name, Object.keys(kinds).filter((one) => isOptional(kinds[one]!)));
  if (meant !== '') throw new InputError(`${kernel} has no option ${textOf(name)}.${meant}`);
}

/**
 * Gives `options` back, which may hold more than is asked for: a layer, a batch. Throws InputError unless these fields are of
 * these kinds, and for a name that is nearly that of one that may be left out.
 */
export function requireFields<T extends object>(kernel: string, options: T, kinds: { readonly [Name in keyof Required<T>]: Kind }): T {
  if (!isObject(options)) throw new InputError(`${kernel} takes an object with ${Object.keys(kinds).join(', ')}, got ${textOf(options)}.`);
  for (const name in options) if (!(name in kinds)) refuseNear(kernel, name, kinds);
  for (const name in kinds) requireKind(kernel, name, options[name as keyof T], kinds[name as keyof T]);
  return options;
}

/** Throws InputError unless the arrays are arrays of numbers of one length, and the numbers numbers. */
export function requireSame(kernel: string, arrays: Readonly<Record<string, ArrayLike<number>>>, numbers: Readonly<Record<string, number>> = {}): void {
  let length = -1;
  for (const name in arrays) {
    const array = arrays[name]!;
    requireKind(kernel, name, array, 'values');
    if (length >= 0) requireLength(kernel, name, array, length);
    length = array.length;
  }
  for (const name in numbers) requireKind(kernel, name, numbers[name], 'number');
}

/** Throws InputError unless `array` has exactly `wanted` elements. */
export function requireLength(kernel: string, name: string, array: ArrayLike<number>, wanted: number): void {
  if (array.length === wanted) return;
  throw new InputError(`${kernel}: ${name} must have ${wanted} elements, got ${array.length}. Pass it unpadded and row-major.`);
}

/** Throws InputError unless `count` is an integer in [0, batch]. */
export function requireCount(kernel: string, count: number, batch: number): void {
  if (Number.isInteger(count) && count >= 0 && count <= batch) return;
  throw new InputError(`${kernel}: count must be an integer from 0 to batch (${batch}), got ${textOf(count)}. It is the number of valid rows.`);
}

/** Throws InputError unless the first `count` entries of `indices` are integers in [0, limit). */
export function requireIndices(kernel: string, name: string, indices: ArrayLike<number>, count: number, limit: number): void {
  if (indices.length < count) {
    throw new InputError(`${kernel}: ${name} must have at least ${count} entries, got ${indices.length}. Give one per valid row.`);
  }
  for (let i = 0; i < count; i++) {
    const index = indices[i]!;
    if (Number.isInteger(index) && index >= 0 && index < limit) continue;
    throw new InputError(`${kernel}: ${name}[${i}] must be an integer from 0 to ${limit - 1}, got ${index}. Correct the data.`);
  }
}

/** Throws InputError unless `length` elements from `at` on lie within `array`. */
export function requireWithin(kernel: string, name: string, array: ArrayLike<number>, at: number, length: number): void {
  if (Number.isInteger(at) && at >= 0 && at + length <= array.length) return;
  throw new InputError(`${kernel}: ${length} elements of ${name} from ${textOf(at)} on must lie within its ${array.length}. Correct the offset.`);
}
