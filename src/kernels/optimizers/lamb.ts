import source from '../../../shaders/lib/optimizers/lamb.wgsl';
import type { OptimizerKernel } from './optimizer.ts';

export const lamb: OptimizerKernel = { source, slots: ['m', 'v'], flops: 18, trustRatio: true, corrections: ['DIRECTION', 'SECOND_MOMENT'] };
