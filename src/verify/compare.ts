/** What a dispatch left, element by element, against what it should have left. */

import { U } from './look.ts';

/** Results below the smallest normal number may be flushed to zero, and so may every one of a thousand that are summed. */
const FLUSHED = 2 ** -116;

/** An error may be as large only where what is summed may be as large as f32 has numbers: then it holds the sum, or does not. */
const BOUNDLESS = 2 ** 104;

export interface Compared {
  /** Largest error in parts of what is allowed; above 1 is wrong. */
  readonly worst: number;
  readonly wrong: number;
  /** The worst of the wrong ones. */
  readonly at: number;
  /** Whether some left the range of f32 where they had to, or might. */
  readonly leftRange: boolean;
}

/** NaN is NaN: what nobody wrote is poison on both sides. */
export function compareFloats(got: Float32Array, want: Float64Array, allowed: Float32Array | undefined): Compared {
  let worst = 0, wrong = 0, at = -1, most = -1, leftRange = false;
  for (let i = 0; i < got.length; i++) {
    const g = got[i]!, w = want[i]!;
    if (g === w || (g !== g && w !== w)) continue;
    const bound = (allowed === undefined ? 0 : allowed[i]!) + FLUSHED, error = Math.abs(g - w);
    if (bound >= BOUNDLESS) {
      leftRange ||= !Number.isFinite(g);
      continue;
    }
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
  return { worst, wrong, at, leftRange };
}

export function compareWords(got: Uint32Array, want: Uint32Array): Compared {
  let wrong = 0, at = -1;
  for (let i = 0; i < got.length; i++) {
    if (got[i] === want[i]) continue;
    wrong++;
    if (at < 0) at = i;
  }
  return { worst: wrong > 0 ? Infinity : 0, wrong, at, leftRange: false };
}
