import { requireFields, requireLength } from './check.ts';
import type { GramOptions } from './gram.ts';
import { mapped } from './mapped.ts';

export interface OrthogonalGradientOptions extends GramOptions {
  /** What `gram` makes of the weight. */
  readonly gram: ArrayLike<number>;
  /** d loss / d weight, [inWidth, outWidth] */
  readonly gradient: ArrayLike<number>;
  readonly strength: number;
}

/**
 * The weight's gradient with that of the orthogonal penalty strength |gram - I|_F^2 added, [inWidth, outWidth]:
 * gradient + 4 strength (W gram - W), or gram W by rows. Throws InputError for wrong lengths.
 */
export function orthogonalGradient(options: OrthogonalGradientOptions): Float64Array {
  const { weight, inWidth, outWidth, byRows = inWidth < outWidth, gram, gradient, strength } =
    requireFields('orthogonal-gradient', options, {
      weight: 'values', inWidth: 'size', outWidth: 'size', byRows: 'flag?', gram: 'values', gradient: 'values', strength: 'number',
    });
  const size = byRows ? inWidth : outWidth;
  requireLength('orthogonal-gradient', 'weight', weight, inWidth * outWidth);
  requireLength('orthogonal-gradient', 'gradient', gradient, inWidth * outWidth);
  requireLength('orthogonal-gradient', 'gram', gram, size * size);
  if (strength === 0) return Float64Array.from(gradient);
  return mapped(gradient, (g, at) => {
    const row = Math.floor(at / outWidth), column = at % outWidth;
    let product = 0;
    for (let k = 0; k < size; k++) {
      product += byRows ? gram[row * size + k]! * weight[k * outWidth + column]! : weight[row * outWidth + k]! * gram[k * size + column]!;
    }
    return g + 4 * strength * (product - weight[at]!);
  });
}
