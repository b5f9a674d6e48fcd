import type { ActivationReference } from './activation.ts';

/** f(z) = 1 / (1 + exp(-z)), f'(z) = f(z) (1 - f(z)). */
export const sigmoid: ActivationReference = {
  activate: (z) => 1 / (1 + Math.exp(-z)),
  slope: (output) => output * (1 - output),
};
