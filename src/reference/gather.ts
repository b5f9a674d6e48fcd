import { requireCount, requireFields, requireIndices, requireLength } from './check.ts';
import { dropoutFactors, type Dropout } from './dropout.ts';

/** What normalises inputs: one number for all of them, or one per feature. */
export interface Normalisation {
  readonly center: ArrayLike<number>;
  readonly factor: ArrayLike<number>;
  /** Default 0. */
  readonly shift?: ArrayLike<number> | undefined;
}

export interface GatherOptions {
  /** The whole data set, [samples, width], as stored (bytes or floats). */
  readonly inputs: ArrayLike<number>;
  readonly width: number;
  /** What the data set stands for: value * scale + offset. */
  readonly scale: number;
  readonly offset: number;
  /** Behind that: (value - center) * factor + shift. Default none. */
  readonly normalisation?: Normalisation | undefined;
  /** The epoch's permutation of sample indices. */
  readonly order: ArrayLike<number>;
  /** Where in `order` this batch starts. */
  readonly position: number;
  /** Valid rows; rows from `count` to `batch` are 0. */
  readonly count: number;
  readonly batch: number;
  /** Dropout on the inputs themselves. */
  readonly dropout?: Dropout | undefined;
}

/**
 * One batch from the resident data set: out[r, c] = n(inputs[order[position + r], c] * scale + offset) * dropout factor,
 * n(x) = (x - center[c]) * factor[c] + shift[c] where inputs are normalised, else x; 0 for rows r >= count. Returns [batch, width]. A dropped element is 0 whatever its input (Infinity and NaN too).
 * Throws InputError when `count` exceeds `batch` or an index points outside `inputs`.
 */
function normaliserOf(width: number, given: Normalisation | undefined): (value: number, column: number) => number {
  if (given === undefined) return (value) => value;
  const { center, factor, shift } = requireFields('gather: normalisation', given, { center: 'values', factor: 'values', shift: 'values?' });
  const isAll = center.length === 1;
  for (const [name, values] of Object.entries({ center, factor, ...(shift && { shift }) })) requireLength('gather', `normalisation.${name}`, values, isAll ? 1 : width);
  return (value, column) => (value - center[isAll ? 0 : column]!) * factor[isAll ? 0 : column]! + (shift?.[isAll ? 0 : column] ?? 0);
}

export function gather(options: GatherOptions): Float64Array {
  const { inputs, width, scale, offset, normalisation, order, position, count, batch } = requireFields('gather', options, {
    inputs: 'values', width: 'size', scale: 'number', offset: 'number', normalisation: 'object?', order: 'values', position: 'size', count: 'size', batch: 'size', dropout: 'object?',
  });
  requireCount('gather', count, batch);
  const rows = Array.from({ length: count }, (_, r) => order[position + r] ?? NaN);
  requireIndices('gather', `order from ${position}`, rows, count, Math.floor(inputs.length / width));
  const factors = dropoutFactors(batch * width, options.dropout);
  const out = new Float64Array(batch * width), normalised = normaliserOf(width, normalisation);
  for (let r = 0; r < count; r++) {
    for (let c = 0; c < width; c++) {
      const factor = factors[r * width + c]!;
      out[r * width + c] = factor === 0 ? 0 : normalised(inputs[rows[r]! * width + c]! * scale + offset, c) * factor;
    }
  }
  return out;
}
