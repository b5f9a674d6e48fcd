/** Sums of squares in kernels: `shaders/lib/squares.wgsl`. */

import type { Constants } from './kernel.ts';

/**
 * Values from LARGE on and those below SMALL are scaled before they are squared. Without it 2^31 squares below LARGE^2 stay
 * below 2^127, and those of values at SMALL stand 2^56 above what f32 loses; with it the same holds up to 2^128 and down to
 * 2^-149.
 */
const LARGE = 2 ** 48, DOWN = 2 ** -80;
const SMALL = 2 ** -35, UP = 2 ** 88;

export const squareConstants: Constants = {
  SQUARES_LARGE: { f32: LARGE }, SQUARES_DOWN: { f32: DOWN }, SQUARES_SMALL: { f32: SMALL }, SQUARES_UP: { f32: UP },
};

/** How values were scaled: 1 down, -1 up, 0 not. */
export type Level = -1 | 0 | 1;

/** NaN is the largest of all. */
export const levelOf = (largest: number): Level => (largest < SMALL ? -1 : largest < LARGE ? 0 : 1);

/** What values of this level were scaled by. */
export const levelScale = (level: number): number => (level > 0 ? DOWN : level < 0 ? UP : 1);

/** Two levels in one number, and back. */
export const packedLevels = (first: Level, second: Level): number => first + 3 * second;
export const unpackedLevels = (packed: number): [number, number] => {
  const second = Math.round(packed / 3);
  return [packed - 3 * second, second];
};
