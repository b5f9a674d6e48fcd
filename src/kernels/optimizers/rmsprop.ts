import source from '../../../shaders/lib/optimizers/rmsprop.wgsl';
import type { OptimizerKernel } from './optimizer.ts';

export const rmsprop: OptimizerKernel = { source, slots: ['v'], flops: 9, constants: { CENTERED: false, WITH_MOMENTUM: false } };
export const rmspropCentered: OptimizerKernel = { source, slots: ['v', 'mean'], flops: 14, constants: { CENTERED: true, WITH_MOMENTUM: false } };
export const rmspropMomentum: OptimizerKernel = { source, slots: ['v', 'momentum'], flops: 11, constants: { CENTERED: false, WITH_MOMENTUM: true } };
export const rmspropCenteredMomentum: OptimizerKernel = {
  source, slots: ['v', 'mean', 'momentum'], flops: 16, constants: { CENTERED: true, WITH_MOMENTUM: true },
};
