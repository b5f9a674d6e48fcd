import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/softmax-cross-entropy.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';
import { lossConstants, lossLibraries, type LossShape } from './losses/index.ts';

export interface SoftmaxCrossEntropyShape extends DispatchShape {
  readonly loss: LossShape;
  /** Batch and classes, padded to 4. */
  readonly rows: number;
  readonly columns: number;
  readonly classes: number;
  /** Samples per slot, and floats from one replica's samples to the next. */
  readonly batch: number;
  readonly samplesStride: number;
}

const WORKGROUP_X = 64;

export const softmaxCrossEntropy: Kernel<SoftmaxCrossEntropyShape> = {
  name: 'softmax-cross-entropy',
  source,
  libraries: ({ loss }) => [row, ...lossLibraries(loss)],
  bindings: [
    ROW_BINDING,
    { name: 'logits', access: 'read', element: 1 },
    { name: 'targets', access: 'read', type: 'u32' },
    { name: 'gradient', access: 'read-write', element: 1 },
    { name: 'samples', access: 'read-write' },
    { name: 'classWeights', access: 'read', isOptional: true },
  ],
  constants: (shape) => ({
    ROWS: shape.rows,
    COLUMNS4: shape.columns / 4,
    CLASSES: shape.classes,
    BATCH: shape.batch,
    TARGETS_STRIDE: shape.rows * shape.loss.target.words,
    SAMPLES_STRIDE: shape.samplesStride,
    ...lossConstants(shape.loss),
    WORKGROUP_X,
  }),
  grid: (shape) => [Math.ceil(shape.rows / WORKGROUP_X), 1, shape.row.replicas],
  flops: (shape) => 8 * shape.row.replicas * shape.rows * shape.classes,
  bytes: (shape) => 8 * shape.row.replicas * shape.rows * (shape.columns + shape.loss.target.words),
};
