import type { ActivationReference } from './activation.ts';

/**
 * f(z) = z > 0 ? z : alpha (exp(z) - 1); f'(z) = 1, or f(z) + alpha, alpha 0 or more. Source: Clevert, Unterthiner, Hochreiter,
 * ICLR 2016.
 */
export const eluOf = (alpha: number): ActivationReference => ({
  activate: (z) => (z > 0 ? z : alpha * Math.expm1(z)),
  slope: (output) => (output > 0 ? 1 : output + alpha),
});

/** alpha = 1 */
export const elu = eluOf(1);
