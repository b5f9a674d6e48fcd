import source from '../../../shaders/lib/optimizers/momentum.wgsl';
import type { OptimizerKernel } from './optimizer.ts';

export const momentum: OptimizerKernel = { source, slots: ['momentum'], flops: 5 };
