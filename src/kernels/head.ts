import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/head.wgsl';
import { activationLibraries } from './activations/index.ts';
import { belowConstants, belowLibraries, type Below } from './below.ts';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';
import { lossConstants, lossRowLibraries, type LossShape } from './losses/index.ts';

export interface HeadShape extends DispatchShape {
  readonly loss: LossShape;
  /** Batch, inputs and classes, padded to 4. */
  readonly rows: number;
  readonly inputs: number;
  readonly columns: number;
  /** Unpadded inputs and classes. */
  readonly width: number;
  readonly classes: number;
  /** Samples per slot, and floats from one replica's samples to the next. */
  readonly batch: number;
  readonly samplesStride: number;
  /** Floats into one replica's parameters, and floats from one replica's to the next. */
  readonly weight: number;
  readonly bias: number;
  readonly parametersStride: number;
  /** False for a network of one layer: nothing lies below. */
  readonly inputGradient: boolean;
  readonly below: Below;
}

const THREADS = 64;

/** Four rows of logits and the partial sums must fit 16 KiB of workgroup memory. */
export const HEAD_MAX_CLASSES = 768;

export const head: Kernel<HeadShape> = {
  name: 'head',
  source,
  libraries: (shape) => [row, ...lossRowLibraries(shape.loss), ...belowLibraries, ...activationLibraries(shape.below.activation)],
  bindings: [
    ROW_BINDING,
    { name: 'parameters', access: 'read' },
    { name: 'input', access: 'read', element: 4 },
    { name: 'targets', access: 'read', type: 'u32' },
    { name: 'delta', access: 'read-write', element: 4 },
    { name: 'output', access: 'read-write', element: 4 },
    { name: 'samples', access: 'read-write' },
  ],
  constants: (shape) => ({
    THREADS,
    DEPTH4: shape.inputs / 4,
    COLUMNS4: shape.columns / 4,
    WIDTH: shape.width,
    CLASSES: shape.classes,
    BATCH: shape.batch,
    TARGETS_STRIDE: shape.rows * shape.loss.target.words,
    SAMPLES_STRIDE: shape.samplesStride,
    WEIGHT_OFFSET: shape.weight / 4,
    BIAS_OFFSET: shape.bias / 4,
    PARAMETERS_STRIDE: shape.parametersStride / 4,
    INPUT_GRADIENT: shape.inputGradient,
    ...lossConstants(shape.loss),
    ...belowConstants(shape.below),
  }),
  grid: (shape) => [shape.rows / 4, 1, shape.row.replicas],
  flops: (shape) =>
    shape.row.replicas * shape.rows * shape.columns * (8 + 2 * shape.inputs * (shape.inputGradient ? 2 : 1)),
  bytes: (shape) =>
    4 * shape.row.replicas *
    (shape.rows * (shape.inputs * (shape.inputGradient ? 2 : 1) + shape.columns + 2) + shape.inputs * shape.columns),
};
