import source from '../../../shaders/lib/optimizers/adagrad.wgsl';
import { SMALLEST_NORMAL, type OptimizerKernel } from './optimizer.ts';

export const adagrad: OptimizerKernel = {
  source, slots: ['sum'], flops: 11,
  // Below 2^-102 a square has lost digits, or is 0.
  constants: { SMALLEST_NORMAL, SMALLEST_SQUARE: { f32: 1.9721522630525295e-31 } },
};
