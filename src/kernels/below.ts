/** What lies between a layer's inputs and the product below: activation, dropout, penalties (`shaders/lib/layer-below.wgsl`). */

import { activationNamed } from './activations/index.ts';
import { dropoutConstants, type Dropout } from './dropout.ts';
import type { Constants } from './kernel.ts';

export interface Below {
  /** The activation below. */
  readonly activation?: string | undefined;
  /** The dropout below, behind the activation. */
  readonly dropout?: Dropout | undefined;
  /** Whether its mask is drawn again. Not where an activation's own zeros are the mask. */
  readonly draws?: boolean | undefined;
  /** The tensor in whose row the penalties on the layer's activations are. Absent: there are none. */
  readonly activity?: number | undefined;
}

export const belowConstants = ({ activation, dropout, draws = false, activity }: Below): Constants => ({
  MASK_POSITIVE: activation !== undefined && activationNamed(activation).keepsMask,
  MASK_DROPOUT: draws,
  ACTIVITY: activity !== undefined,
  ACTIVITY_TENSOR: activity ?? 0,
  ...dropoutConstants(dropout),
});

/** Whether the stored activations are read. */
export const readsStored = ({ activation, activity }: Below): boolean => activation !== undefined || activity !== undefined;
