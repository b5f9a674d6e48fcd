/** Where the slopes of an activation that learns them lie (`shaders/lib/slopes.wgsl`). */

import type { Constants } from './kernel.ts';

export interface Slopes {
  /** Floats into one replica's parameters. */
  readonly offset: number;
  /** One for each column, or one for all. */
  readonly isPerUnit: boolean;
}

export const slopeConstants = (slopes: Slopes | undefined): Constants =>
  (slopes === undefined ? {} : { SLOPES_OFFSET: slopes.offset / 4, PER_UNIT: slopes.isPerUnit });
