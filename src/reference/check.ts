/** Input checks shared by the references. */
import { InputError } from '../errors.ts';

/** Throws InputError unless `array` has exactly `wanted` elements. */
export function requireLength(kernel: string, name: string, array: ArrayLike<number>, wanted: number): void {
  if (array.length === wanted) return;
  throw new InputError(`${kernel}: ${name} must have ${wanted} elements, got ${array.length}. Pass it unpadded and row-major.`);
}

/** Throws InputError unless `count` is an integer in [0, batch]. */
export function requireCount(kernel: string, count: number, batch: number): void {
  if (Number.isInteger(count) && count >= 0 && count <= batch) return;
  throw new InputError(`${kernel}: count must be an integer from 0 to batch (${batch}), got ${count}. It is the number of valid rows.`);
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
  throw new InputError(`${kernel}: ${length} elements of ${name} from ${at} on must lie within its ${array.length}. Correct the offset.`);
}
