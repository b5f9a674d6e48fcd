import type { ActivationReference } from './activation.ts';

/**
 * f(z) = z <= 0 ? 0 : z, as a selection, so that NaN passes through and is seen downstream; f'(0) = 0, as in PyTorch.
 * Source: Nair, Hinton, ICML 2010.
 */
export const relu: ActivationReference = {
  activate: (z) => (z <= 0 ? 0 : z),
  keepsMask: true,
  slope: (output) => (output > 0 ? 1 : 0),
};
