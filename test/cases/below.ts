/** What lies below a product, by the mask that its gradient takes. */
import { knowEverything } from '../../src/compile/all.ts';
import { activationNamed } from '../../src/kernels/activations/index.ts';
import type { Below } from '../../src/kernels/below.ts';
import type { Dropout } from '../../src/kernels/dropout.ts';

knowEverything(); // Cases ask for them by their names.

/** 'positive': ReLU, whose stored zeros are the mask; 'dropout': no activation, the mask drawn again; 'none': neither. */
export type MaskKind = 'none' | 'positive' | 'dropout';

export const maskBelow = (kind: MaskKind, dropout?: Dropout): Below => ({
  activation: kind === 'positive' ? 'relu' : undefined, draws: kind === 'dropout', dropout,
});

/** An activation and, where there is one, a dropout behind it, as the fusion rules say them. */
export const belowActivation = (activation: string, dropout?: Dropout): Below =>
  (activationNamed(activation).keepsMask || dropout === undefined ? { activation, dropout }
    : { activation, dropout, draws: true, unscales: activationNamed(activation).stored === 'output' });
