import type { ActivationReference } from './activation.ts';

const LEAK = 0.01;

/** f(z) = z > 0 ? z : z / 100, f'(z) = 1 or 1 / 100; at 0 the latter, as in PyTorch. Source: Maas, Hannun, Ng, ICML 2013. */
export const leakyRelu: ActivationReference = {
  activate: (z) => (z > 0 ? z : LEAK * z),
  slope: (output) => (output > 0 ? 1 : LEAK),
};
