/** Which samples are held out for validation. */
import { InputError } from '../errors.ts';
import { demandBoolean, textOf } from '../options.ts';
import { permutation, STREAM } from '../random.ts';
import { isCount } from './targets.ts';

export interface SplitOptions {
  /** A fraction in (0, 1), rounded to whole samples, or a count. */
  readonly validation: number;
  readonly seed: number;
  /** Hold out as large a part of every class; whole samples by largest remainders. Default false. */
  readonly stratify?: boolean;
}

/** What is cut. */
interface Whole {
  readonly name: string;
  readonly length: number;
  readonly classes: number;
  readonly targets: ArrayLike<number> | string;
}

/** How many of each class, together `count`: the parts rounded down, and one more where most was cut off (Hamilton's method). */
function quotas(targets: ArrayLike<number>, classes: number, count: number): Float64Array {
  const sizes = new Float64Array(classes);
  for (let i = 0; i < targets.length; i++) sizes[targets[i]!]!++;
  const parts = sizes.map((size) => (count * size) / targets.length), whole = parts.map(Math.floor);
  const missing = count - whole.reduce((sum, one) => sum + one, 0);
  const order = [...parts.keys()].sort((a, b) => (parts[b]! - whole[b]!) - (parts[a]! - whole[a]!) || a - b);
  for (const one of order.slice(0, missing)) whole[one]!++;
  return whole;
}

/** The first of an order that the quotas of their classes leave room for, and the others. */
function byQuota(order: Uint32Array, targets: ArrayLike<number>, left: Float64Array): [held: Uint32Array, rest: Uint32Array] {
  const isHeld = new Uint8Array(order.length);
  for (const row of order) if (left[targets[row]!]! > 0) { left[targets[row]!]!--; isHeld[row] = 1; }
  return [order.filter((row) => isHeld[row] === 1), order.filter((row) => isHeld[row] === 0)];
}

/**
 * Rows for validation and for training, each in ascending order: chosen by the permutation of STREAM.split.
 * @param where what messages begin with
 * @throws InputError if either part would be empty, or there are no classes to stratify by
 */
export function heldOut(where: string, { name, length, classes, targets }: Whole, { validation, seed, stratify = false }: SplitOptions): { validation: Uint32Array; train: Uint32Array } {
  demandBoolean(`${where}: stratify`, stratify);
  const count = typeof validation === 'number' && validation > 0 && validation < 1 ? Math.round(validation * length) : validation;
  if (!isCount(count) || count >= length) {
    throw new InputError(
      `${where}: validation must be a fraction in (0, 1) or a count that leaves both parts at least one of the ` +
        `${length} samples of ${name}, got ${textOf(validation)}.`,
    );
  }
  if (stratify && (classes === 0 || typeof targets === 'string')) throw new InputError(`${where}: stratify holds out of every class, and ${name} has none. Leave it out.`);
  const order = permutation(length, seed, STREAM.split, 0);
  const [held, rest] = stratify ? byQuota(order, targets as ArrayLike<number>, quotas(targets as ArrayLike<number>, classes, count)) : [order.subarray(0, count), order.subarray(count)];
  return { validation: held.toSorted(), train: rest.toSorted() };
}
