/** Constants of the dropout that a kernel applies (`shaders/lib/dropout.wgsl`). */

import type { Constants } from './kernel.ts';

export interface Dropout {
  /** Entry in the row's `layers`. */
  readonly index: number;
  /** Philox stream. */
  readonly stream: number;
}

export const dropoutConstants = (dropout: Dropout | undefined): Constants => ({
  DROPOUT: dropout !== undefined,
  DROPOUT_INDEX: dropout?.index ?? 0,
  STREAM: dropout?.stream ?? 0,
});
