import source from '../../../shaders/lib/optimizers/sgd.wgsl';
import type { OptimizerKernel } from './optimizer.ts';

export const sgd: OptimizerKernel = { source, slots: [], flops: 2 };
