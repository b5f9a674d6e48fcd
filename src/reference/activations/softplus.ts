import type { ActivationReference } from './activation.ts';
import { sigmoid } from './sigmoid.ts';

/** f(z) = log(1 + exp(z)), f'(z) = 1 / (1 + exp(-z)). Source: Dugas et al., NIPS 2000. */
export const softplus: ActivationReference = {
  stored: 'input',
  activate: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
  slope: (z) => sigmoid.activate(z),
};
