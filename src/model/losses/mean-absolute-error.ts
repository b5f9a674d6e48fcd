import { meanAbsoluteErrorLibraries } from '../../kernels/losses/mean-absolute-error.ts';
import { elementLossType } from './element.ts';
import type { MeanAbsoluteError } from './settings.ts';

export const meanAbsoluteErrorLoss = elementLossType<MeanAbsoluteError>(meanAbsoluteErrorLibraries, 'meanAbsoluteError', {});
