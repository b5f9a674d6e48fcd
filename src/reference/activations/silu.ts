import type { ActivationReference } from './activation.ts';
import { sigmoid } from './sigmoid.ts';

/** f(z) = z s, s = 1 / (1 + exp(-z)); f'(z) = s + z s (1 - s). Source: Elfwing, Uchibe, Doya, Neural Networks 107, 2018. */
export const silu: ActivationReference = {
  stored: 'input',
  activate: (z) => z * sigmoid.activate(z),
  slope: (z) => {
    const s = sigmoid.activate(z);
    return s + z * s * sigmoid.activate(-z);
  },
};
