/** How the derivative of the activation and dropout below a layer is found again. */

import { dropoutConstants, type Dropout } from './dropout.ts';
import type { Constants } from './kernel.ts';

export interface Mask {
  /** 'positive': ReLU below, mask = stored activation > 0. 'dropout': no ReLU, drawn again. 'none': identity. */
  readonly kind: 'positive' | 'dropout' | 'none';
  readonly dropout?: Dropout | undefined;
}

export const maskConstants = (mask: Mask): Constants => ({
  MASK_POSITIVE: mask.kind === 'positive',
  MASK_DROPOUT: mask.kind === 'dropout',
  ...dropoutConstants(mask.dropout),
});
