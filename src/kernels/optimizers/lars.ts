import source from '../../../shaders/lib/optimizers/lars.wgsl';
import type { OptimizerKernel } from './optimizer.ts';

export const lars: OptimizerKernel = { source, slots: ['momentum'], flops: 8, trustRatio: true };
