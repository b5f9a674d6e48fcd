import classWeights from '../../../shaders/lib/class-weights.wgsl';
import noClassWeights from '../../../shaders/lib/no-class-weights.wgsl';
import soft from '../../../shaders/lib/soft-cross-entropy.wgsl';
import targets from '../../../shaders/lib/targets.wgsl';
import type { LossShape } from './loss.ts';

/** Softmax cross-entropy against distributions, weighted or smoothed. */
export const softLibraries = (loss: LossShape): readonly string[] => [targets, loss.classWeights ? classWeights : noClassWeights, soft];
