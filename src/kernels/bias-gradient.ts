import columnSum from '../../shaders/lib/column-sum.wgsl';
import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/bias-gradient.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';

export interface BiasGradientShape extends DispatchShape {
  /** Batch and outputs, padded to 4. */
  readonly batch: number;
  readonly columns: number;
  /** Floats into one replica's gradients, and floats from one replica's to the next. */
  readonly bias: number;
  readonly gradientsStride: number;
  /** Several batches make one update. */
  readonly accumulate: boolean;
  /** Another use of the same parameters has left its gradient there. */
  readonly adds?: boolean | undefined;
}

const WORKGROUP_X = 64;

export const biasGradient: Kernel<BiasGradientShape> = {
  name: 'bias-gradient',
  source,
  libraries: () => [row, columnSum],
  bindings: [
    ROW_BINDING,
    { name: 'delta', access: 'read', element: 4 },
    { name: 'gradients', access: 'read-write' },
  ],
  constants: (shape) => ({
    DEPTH4: shape.batch / 4,
    COLUMNS4: shape.columns / 4,
    BIAS_OFFSET: shape.bias / 4,
    GRADIENTS_STRIDE: shape.gradientsStride / 4,
    ACCUMULATE: shape.accumulate,
    ADDS: shape.adds === true,
    WORKGROUP_X,
  }),
  grid: (shape) => [Math.ceil(shape.columns / (4 * WORKGROUP_X)), 1, shape.row.replicas],
  flops: (shape) => shape.row.replicas * shape.batch * shape.columns,
  bytes: (shape) => 4 * shape.row.replicas * (shape.batch + 1) * shape.columns,
};
