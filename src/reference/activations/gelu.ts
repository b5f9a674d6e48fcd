import type { ActivationReference } from './activation.ts';
import { normalDensity, normalDistribution } from '../normal.ts';

/** f(z) = z P(z), f'(z) = P(z) + z p(z), with the standard normal distribution's function and density. Source: Hendrycks, Gimpel, 2016. */
export const gelu: ActivationReference = {
  stored: 'input',
  activate: (z) => z * normalDistribution(z),
  slope: (z) => normalDistribution(z) + z * normalDensity(z),
};
