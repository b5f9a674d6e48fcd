import { requireCount, requireFields, requireIndices } from './check.ts';
import { dropoutFactors, type Dropout } from './dropout.ts';

export interface GatherOptions {
  /** The whole data set, [samples, width], as stored (bytes or floats). */
  readonly inputs: ArrayLike<number>;
  readonly width: number;
  /** Normalisation: value * scale + offset. */
  readonly scale: number;
  readonly offset: number;
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
 * One batch from the resident data set: out[r, c] = (inputs[order[position + r], c] * scale + offset) * dropout factor,
 * 0 for rows r >= count. Returns [batch, width]. A dropped element is 0 whatever its input (Infinity and NaN too).
 * Throws InputError when `count` exceeds `batch` or an index points outside `inputs`.
 */
export function gather(options: GatherOptions): Float64Array {
  const { inputs, width, scale, offset, order, position, count, batch } = requireFields('gather', options, {
    inputs: 'values', width: 'size', scale: 'number', offset: 'number', order: 'values', position: 'size', count: 'size', batch: 'size', dropout: 'object?',
  });
  requireCount('gather', count, batch);
  const rows = Array.from({ length: count }, (_, r) => order[position + r] ?? NaN);
  requireIndices('gather', `order from ${position}`, rows, count, Math.floor(inputs.length / width));
  const factors = dropoutFactors(batch * width, options.dropout);
  const out = new Float64Array(batch * width);
  for (let r = 0; r < count; r++) {
    for (let c = 0; c < width; c++) {
      const factor = factors[r * width + c]!;
      out[r * width + c] = factor === 0 ? 0 : (inputs[rows[r]! * width + c]! * scale + offset) * factor;
    }
  }
  return out;
}
