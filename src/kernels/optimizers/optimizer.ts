/** What an optimizer is to the kernels. */

import type { Constants } from '../kernel.ts';

/** What the kernels must know of an optimizer. */
export interface OptimizerKernel {
  readonly source: string;
  /** State per parameter, one f32 each, in slot order. The names are those in files. */
  readonly slots: readonly string[];
  /** Operations per parameter, counted from the lib file; penalties add at most twelve. */
  readonly flops: number;
  /** Constants of its own. */
  readonly constants?: Constants;
  /** Its step depends on the norms of the whole tensor. */
  readonly trustRatio?: boolean;
  /** Which of the row's numbers depend on t (`shaders/lib/count.wgsl`). */
  readonly corrections?: readonly ('FIRST_MOMENT' | 'SECOND_MOMENT' | 'DIRECTION')[];
}

/** 2^-126, written so that a bundler leaves it out where nobody asks. */
export const SMALLEST_NORMAL = { f32: 1.1754943508222875e-38 };
