/** Dispatches that cost so much in float64 that equal ones are looked at with a whole batch only once. */

import type { Dispatch } from '../../scheduler/dispatch.ts';

const LARGE = 2 ** 22;

export const isLarge = ({ flops }: Dispatch): boolean => flops > LARGE;

/** What runs a dispatch: equal texts on equal grids. */
export const textOf = ({ texts, constants, grid, kernel }: Dispatch): string => JSON.stringify([kernel, texts, constants, grid]);
