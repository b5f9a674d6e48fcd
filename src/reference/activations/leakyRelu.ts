import type { ActivationReference } from './activation.ts';

/** f(z) = z > 0 ? z : leak z, f'(z) = 1 or leak, which is 0 or more; at 0 the latter, as in PyTorch. Source: Maas, Hannun, Ng, ICML 2013. */
export const leakyReluOf = (leak: number): ActivationReference => ({
  activate: (z) => (z > 0 ? z : leak * z),
  slope: (output) => (output > 0 ? 1 : leak),
});

/** leak = 0.01 */
export const leakyRelu = leakyReluOf(0.01);
