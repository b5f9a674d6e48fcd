import type { ActivationReference } from './activation.ts';

/** f(z) = tanh(z), f'(z) = 1 - f(z)^2. */
export const tanh: ActivationReference = {
  activate: Math.tanh,
  slope: (output) => (1 - output) * (1 + output),
};
