import type { ActivationReference } from './activation.ts';

const ROOT = Math.sqrt(2 / Math.PI), CUBE = 0.044715;

const tangent = (z: number): number => Math.tanh(ROOT * (z + CUBE * z ** 3));

/** f(z) = z (1 + t) / 2, t = tanh(sqrt(2 / pi) (z + 0.044715 z^3)). Source: Hendrycks, Gimpel, 2016, the approximation; PyTorch's approximate='tanh'. */
export const geluTanh: ActivationReference = {
  stored: 'input',
  activate: (z) => (z * (1 + tangent(z))) / 2,
  slope: (z) => {
    const t = tangent(z);
    return (1 + t) / 2 + (z * (1 - t) * (1 + t) * ROOT * (1 + 3 * CUBE * z * z)) / 2;
  },
};
