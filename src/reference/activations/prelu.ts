import type { ActivationReference } from './activation.ts';

/** f(z) = z > 0 ? z : a z, f'(z) = 1 or a, of either sign; at 0 the latter, as in PyTorch. Source: He, Zhang, Ren, Sun, ICCV 2015. */
export const preluOf = (a: number): ActivationReference => ({
  stored: 'input',
  activate: (z) => (z > 0 ? z : a * z),
  slope: (z) => (z > 0 ? 1 : a),
});

/** a = 0.25 */
export const prelu = preluOf(0.25);
