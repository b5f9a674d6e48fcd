/** Numbers as callers have them: typed arrays of any kind, lists, lists within lists. */
import { kindOf, ownArray } from '../arrays.ts';
import { InputError } from '../errors.ts';
import { textOf } from '../options.ts';

type List = readonly unknown[];

const MOST_SIZES = 16;

/** A list or a typed array of any kind and realm. */
export const isList = (value: unknown): value is List => Array.isArray(value) || kindOf(value) !== undefined;

/** Of a number or a BigInt. @throws InputError where it is none, or f32 does not hold it */
function numberOf(value: unknown, where: () => string): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  // What is not finite already is let through: training stops on it, and names it.
  if (typeof number === 'number' && (Number.isFinite(Math.fround(number)) || !Number.isFinite(number))) return number;
  throw new InputError(`${where()} must be a number that f32 holds, got ${textOf(value)}.`);
}

/**
 * The values of a list, or of lists within lists, row-major, and their sizes, outermost first.
 * @param what it is, for messages
 * @throws InputError where one is no number, or a list is not as long as those beside it
 */
export function flatten(what: string, value: List): { readonly values: Float32Array<ArrayBuffer>; readonly sizes: readonly number[] } {
  const sizes: number[] = [], path: number[] = [], where = (): string => what + path.map((i) => `[${i}]`).join('');
  let first: unknown = value;
  // A list may hold itself.
  for (; isList(first) && sizes.length < MOST_SIZES; first = first[0]) sizes.push(first.length);
  // Before memory is taken by what a list with holes says of its length.
  const empty = sizes.includes(0) || numberOf(first, () => what + sizes.map(() => '[0]').join(''));
  const values = new Float32Array(empty === true ? 0 : sizes.reduce((product, size) => product * size, 1));
  let at = 0;
  const add = (list: unknown): void => {
    const depth = path.length, size = sizes[depth]!;
    if (!isList(list) || list.length !== size) throw new InputError(`${where()} must have ${size} values, as the first has, got ${isList(list) ? list.length : textOf(list)}.`);
    for (let i = 0; i < size; i++) {
      path[depth] = i;
      if (depth + 1 < sizes.length) add(list[i]);
      else values[at++] = numberOf(list[i], where);
    }
    path.length = depth;
  };
  add(value);
  return { values, sizes };
}

/** Inputs as they are kept, and their sizes. @throws InputError as `flatten`, and for what holds no numbers */
export function inputsOf(what: string, given: unknown): { readonly values: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>; readonly sizes: readonly number[] } {
  const kind = kindOf(given);
  if (isList(given) && kind !== 'Uint8Array' && kind !== 'Float32Array' && kind !== 'Uint8ClampedArray') return flatten(what, given);
  const bytes = kind === 'Uint8ClampedArray' ? viewOf(given as Uint8ClampedArray) : given;
  const values = ownArray(what, bytes, 'Uint8Array', 'Float32Array');
  return { values, sizes: [values.length] };
}

const viewOf = ({ buffer, byteOffset, length }: Uint8ClampedArray): Uint8Array => new Uint8Array(buffer, byteOffset, length);
