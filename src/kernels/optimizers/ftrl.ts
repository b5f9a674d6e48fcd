import source from '../../../shaders/lib/optimizers/ftrl.wgsl';
import type { OptimizerKernel } from './optimizer.ts';

export const ftrl: OptimizerKernel = { source, slots: ['z', 'n'], flops: 19 };
