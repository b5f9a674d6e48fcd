import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/softmax.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';

export interface SoftmaxShape extends DispatchShape {
  /** Batch and classes, padded to 4. */
  readonly rows: number;
  readonly columns: number;
  readonly classes: number;
}

const WORKGROUP_X = 64;

export const softmax: Kernel<SoftmaxShape> = {
  name: 'softmax',
  source,
  libraries: () => [row],
  bindings: [
    ROW_BINDING,
    { name: 'logits', access: 'read', element: 1 },
    { name: 'output', access: 'read-write', element: 1 },
  ],
  constants: (shape) => ({ ROWS: shape.rows, COLUMNS: shape.columns, CLASSES: shape.classes, WORKGROUP_X }),
  grid: (shape) => [Math.ceil(shape.rows / WORKGROUP_X), 1, shape.row.replicas],
  flops: (shape) => 5 * shape.row.replicas * shape.rows * shape.classes,
  bytes: (shape) => 8 * shape.row.replicas * shape.rows * shape.columns,
};
