import source from '../../../shaders/lib/optimizers/nadam.wgsl';
import type { OptimizerKernel } from './optimizer.ts';

export const nadam: OptimizerKernel = { source, slots: ['m', 'v'], flops: 15, corrections: ['SECOND_MOMENT'] };
