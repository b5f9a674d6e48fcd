import type { ActivationReference } from './activation.ts';

/** f(z) = z > 0 ? z : exp(z) - 1; f'(z) = 1, or f(z) + 1. Source: Clevert, Unterthiner, Hochreiter, ICLR 2016, alpha = 1. */
export const elu: ActivationReference = {
  activate: (z) => (z > 0 ? z : Math.expm1(z)),
  slope: (output) => (output > 0 ? 1 : output + 1),
};
