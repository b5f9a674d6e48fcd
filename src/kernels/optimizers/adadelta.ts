import source from '../../../shaders/lib/optimizers/adadelta.wgsl';
import type { OptimizerKernel } from './optimizer.ts';

export const adadelta: OptimizerKernel = { source, slots: ['v', 'delta'], flops: 16 };
