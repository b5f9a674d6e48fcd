import type { ActivationReference } from './activation.ts';

const SCALE = 1.0507009873554805, ALPHA = 1.6732632423543772;

/**
 * f(z) = SCALE z, or SCALE ALPHA (exp(z) - 1) where z <= 0; f'(z) = SCALE, or f(z) + SCALE ALPHA.
 * Source: Klambauer et al., NIPS 2017, whose constants keep mean 0 and variance 1.
 */
export const selu: ActivationReference = {
  activate: (z) => (z > 0 ? SCALE * z : SCALE * ALPHA * Math.expm1(z)),
  slope: (output) => (output > 0 ? SCALE : output + SCALE * ALPHA),
};
