import type { ActivationReference } from './activation.ts';

/**
 * f(z) = z min(max(z + 3, 0), 6) / 6; f'(z) = 0 where z < -3, 1 where z >= 3, else z / 3 + 1 / 2, as in PyTorch.
 * Source: Howard et al., ICCV 2019.
 */
export const hardSwish: ActivationReference = {
  stored: 'input',
  activate: (z) => (z * Math.min(Math.max(z + 3, 0), 6)) / 6,
  slope: (z) => (z < -3 ? 0 : z >= 3 ? 1 : z / 3 + 0.5),
};
