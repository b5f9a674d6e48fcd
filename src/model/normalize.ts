/** How inputs are normalised, as plain data. What makes and checks it is loaded where a configuration says it. */

/** Of all inputs alike, or one per feature. */
type Numbers = number | readonly number[];

/** Made by `normalize(...)`. Its numbers, `mean` and `deviation` or `minimum` and `maximum`, are there once they are known. */
export interface Normalize {
  readonly kind: 'standard' | 'minMax';
  readonly per: 'feature' | 'all';
  readonly mean?: Numbers;
  /** 1 where all values were the same. */
  readonly deviation?: Numbers;
  readonly minimum?: Numbers;
  readonly maximum?: Numbers;
}

/** Whether its numbers are there. */
export const isKnown = (normalize: Normalize | undefined): normalize is Normalize => (normalize?.mean ?? normalize?.minimum) !== undefined;
