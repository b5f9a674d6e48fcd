import source from '../../../shaders/lib/optimizers/adam.wgsl';
import type { OptimizerKernel } from './optimizer.ts';

export const adam: OptimizerKernel = { source, slots: ['m', 'v'], flops: 14, corrections: ['FIRST_MOMENT', 'SECOND_MOMENT'] };
