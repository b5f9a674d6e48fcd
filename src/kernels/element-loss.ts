import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/element-loss.wgsl';
import { ROW_BINDING, type Kernel } from './kernel.ts';
import { lossConstants, lossLibraries } from './losses/index.ts';
import type { SoftmaxCrossEntropyShape } from './softmax-cross-entropy.ts';

/** As that of the other loss: `classes` are its outputs. */
export type ElementLossShape = SoftmaxCrossEntropyShape;

/** Threads at most; fewer where a row has fewer vec4s. */
const THREADS = 64;

export const elementLoss: Kernel<ElementLossShape> = {
  name: 'element-loss',
  source,
  libraries: ({ loss }) => [row, ...lossLibraries(loss)],
  bindings: [
    ROW_BINDING,
    { name: 'outputs', access: 'read', element: 4 },
    { name: 'targets', access: 'read', type: 'u32' },
    { name: 'gradient', access: 'read-write', element: 4 },
    { name: 'samples', access: 'read-write' },
  ],
  constants: (shape) => ({
    COLUMNS4: shape.columns / 4,
    CLASSES: shape.classes,
    BATCH: shape.batch,
    TARGETS_STRIDE: shape.rows * shape.loss.target.words,
    SAMPLES_STRIDE: shape.samplesStride,
    ...lossConstants(shape.loss),
    THREADS: Math.min(THREADS, shape.columns / 4),
  }),
  grid: (shape) => [shape.rows, 1, shape.row.replicas],
  flops: (shape) => 12 * shape.row.replicas * shape.rows * shape.classes,
  bytes: (shape) => 4 * shape.row.replicas * shape.rows * (2 * shape.columns + shape.loss.target.words),
};
