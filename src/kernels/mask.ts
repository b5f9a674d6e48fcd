/** What lies between a layer's inputs and the product below: activation, dropout, penalties (`shaders/lib/layer-below.wgsl`). */

import { dropoutConstants, type Dropout } from './dropout.ts';
import type { Constants } from './kernel.ts';

export interface Mask {
  /** 'positive': ReLU below, mask = stored activation > 0. 'dropout': no ReLU, drawn again. 'none': identity. */
  readonly kind: 'positive' | 'dropout' | 'none';
  readonly dropout?: Dropout | undefined;
  /** The weight tensor of the layer below, in whose row the penalties on its activations are. Absent: there are none. */
  readonly activity?: number | undefined;
}

export const maskConstants = (mask: Mask): Constants => ({
  MASK_POSITIVE: mask.kind === 'positive',
  MASK_DROPOUT: mask.kind === 'dropout',
  ACTIVITY: mask.activity !== undefined,
  ACTIVITY_TENSOR: mask.activity ?? 0,
  ...dropoutConstants(mask.dropout),
});

/** Whether the stored activations are read. */
export const readsStored = (mask: Mask): boolean => mask.kind === 'positive' || mask.activity !== undefined;
