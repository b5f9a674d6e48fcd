import source from '../../../shaders/lib/optimizers/lion.wgsl';
import { SMALLEST_NORMAL, type OptimizerKernel } from './optimizer.ts';

export const lion: OptimizerKernel = { source, slots: ['m'], flops: 9, constants: { SMALLEST_NORMAL } };
