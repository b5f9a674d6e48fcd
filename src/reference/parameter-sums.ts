import { requireFields } from './check.ts';

/** Sums over one parameter tensor. */
export interface ParameterSums {
  /** sum |w| */
  readonly l1: number;
  /** sum w^2 (the l2 penalty is l2 / 2 times this) */
  readonly l2: number;
  /** Weights that are exactly 0 (-0 counts). */
  readonly zeros: number;
}

/** sum |w|, sum w^2 and the number of exact zeros of one tensor, pads excluded. */
export function parameterSums(options: { weights: ArrayLike<number> }): ParameterSums {
  const { weights } = requireFields('parameter-sums', options, { weights: 'values' });
  let l1 = 0, l2 = 0, zeros = 0;
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i]!;
    l1 += Math.abs(w);
    l2 += w * w;
    if (w === 0) zeros++;
  }
  return { l1, l2, zeros };
}
