/** What lies below a product, by the mask that its gradient takes. */
import type { Below } from '../../src/kernels/below.ts';
import type { Dropout } from '../../src/kernels/dropout.ts';

/** 'positive': ReLU, whose stored zeros are the mask; 'dropout': no activation, the mask drawn again; 'none': neither. */
export type MaskKind = 'none' | 'positive' | 'dropout';

export const maskBelow = (kind: MaskKind, dropout?: Dropout): Below => ({
  activation: kind === 'positive' ? 'relu' : undefined, draws: kind === 'dropout', dropout,
});
