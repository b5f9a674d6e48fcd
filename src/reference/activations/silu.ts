import type { ActivationReference } from './activation.ts';
import { sigmoid } from './sigmoid.ts';

/**
 * f(z) = z s, s = 1 / (1 + exp(-beta z)); f'(z) = s + beta z s (1 - s). Sources: Elfwing, Uchibe, Doya, Neural Networks 107, 2018;
 * Ramachandran, Zoph, Le, arXiv 1710.05941, 2017.
 */
export const siluOf = (beta: number): ActivationReference => ({
  stored: 'input',
  activate: (z) => z * sigmoid.activate(beta * z),
  slope: (z) => {
    const s = sigmoid.activate(beta * z);
    return s + beta * z * s * sigmoid.activate(-beta * z);
  },
});

/** beta = 1 */
export const silu = siluOf(1);
