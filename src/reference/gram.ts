import { requireFields, requireLength } from './check.ts';

export interface GramOptions {
  /** [inWidth, outWidth] */
  readonly weight: ArrayLike<number>;
  readonly inWidth: number;
  readonly outWidth: number;
  /** Rows of W are multiplied with each other, not columns. Default where inWidth < outWidth. */
  readonly byRows?: boolean | undefined;
}

/**
 * The products of a weight W with itself behind the orthogonal penalty: W^T W, [outWidth, outWidth], or W W^T,
 * [inWidth, inWidth], by rows. Throws InputError for a wrong length.
 */
export function gram(options: GramOptions): Float64Array {
  const { weight, inWidth, outWidth, byRows = inWidth < outWidth } =
    requireFields('gram', options, { weight: 'values', inWidth: 'size', outWidth: 'size', byRows: 'flag?' });
  requireLength('gram', 'weight', weight, inWidth * outWidth);
  const [size, length] = byRows ? [inWidth, outWidth] : [outWidth, inWidth];
  const element = (vector: number, k: number): number => (byRows ? weight[vector * outWidth + k]! : weight[k * outWidth + vector]!);
  const out = new Float64Array(size * size);
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) {
      for (let k = 0; k < length; k++) out[a * size + b]! += element(a, k) * element(b, k);
    }
  }
  return out;
}
