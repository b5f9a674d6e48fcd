import source from '../../../shaders/lib/optimizers/amsgrad.wgsl';
import type { OptimizerKernel } from './optimizer.ts';

export const amsgrad: OptimizerKernel = { source, slots: ['m', 'v', 'vmax'], flops: 15, corrections: ['FIRST_MOMENT', 'SECOND_MOMENT'] };
