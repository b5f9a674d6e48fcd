import source from '../../../shaders/lib/optimizers/adamax.wgsl';
import type { OptimizerKernel } from './optimizer.ts';

export const adamax: OptimizerKernel = { source, slots: ['m', 'u'], flops: 10, corrections: ['FIRST_MOMENT'] };
