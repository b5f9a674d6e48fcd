/** What a dispatch left, element by element, against what it should have left. */

import { U } from './look.ts';

/** Results below the smallest normal number may be flushed to zero. */
const SMALLEST_NORMAL = 2 ** -126;

export interface Compared {
  /** Largest error in parts of what is allowed; above 1 is wrong. */
  readonly worst: number;
  readonly wrong: number;
  /** The worst of the wrong ones. */
  readonly at: number;
}

/** NaN is NaN: what nobody wrote is poison on both sides. */
export function compareFloats(got: Float32Array, want: Float64Array, allowed: Float32Array | undefined): Compared {
  let worst = 0, wrong = 0, at = -1, most = -1;
  for (let i = 0; i < got.length; i++) {
    const g = got[i]!, w = want[i]!;
    if (g === w || (g !== g && w !== w)) continue;
    const bound = (allowed === undefined ? 0 : allowed[i]!) + SMALLEST_NORMAL, error = Math.abs(g - w);
    const ratio = error === error ? error / bound : Infinity;
    if (ratio <= 1) {
      if (ratio > worst && error > U * Math.abs(w)) worst = ratio;
      continue;
    }
    wrong++;
    const size = error === error ? error : Infinity;
    if (size > most) {
      most = size;
      at = i;
    }
    if (ratio > worst) worst = ratio;
  }
  return { worst, wrong, at };
}

export function compareWords(got: Uint32Array, want: Uint32Array): Compared {
  let wrong = 0, at = -1;
  for (let i = 0; i < got.length; i++) {
    if (got[i] === want[i]) continue;
    wrong++;
    if (at < 0) at = i;
  }
  return { worst: wrong > 0 ? Infinity : 0, wrong, at };
}
