import { meanSquaredErrorLibraries } from '../../kernels/losses/mean-squared-error.ts';
import { elementLossType } from './element.ts';
import type { MeanSquaredError } from './settings.ts';

export const meanSquaredErrorLoss = elementLossType<MeanSquaredError>(meanSquaredErrorLibraries, 'meanSquaredError', {});
