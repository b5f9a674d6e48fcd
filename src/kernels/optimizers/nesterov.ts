import source from '../../../shaders/lib/optimizers/nesterov.wgsl';
import type { OptimizerKernel } from './optimizer.ts';

export const nesterov: OptimizerKernel = { source, slots: ['momentum'], flops: 7 };
