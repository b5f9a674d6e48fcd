import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/slope-total.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';

export interface SlopeTotalShape extends DispatchShape {
  /** Floats that are added up, a multiple of 4. */
  readonly length: number;
  /** Floats into one replica's gradients, and floats from one replica's to the next. */
  readonly slope: number;
  readonly gradientsStride: number;
  /** Several batches make one update. */
  readonly accumulate: boolean;
}

const THREADS = 128;

export const slopeTotal: Kernel<SlopeTotalShape> = {
  name: 'slope-total',
  source,
  libraries: () => [row],
  bindings: [
    ROW_BINDING,
    { name: 'parts', access: 'read', element: 4 },
    { name: 'gradients', access: 'read-write' },
  ],
  constants: ({ length, slope, gradientsStride, accumulate }) => ({
    LENGTH4: length / 4,
    SLOPE_OFFSET: slope / 4,
    GRADIENTS_STRIDE: gradientsStride / 4,
    ACCUMULATE: accumulate,
    THREADS,
  }),
  grid: ({ row: { replicas } }) => [1, 1, replicas],
  flops: ({ length, row: { replicas } }) => replicas * length,
  bytes: ({ length, row: { replicas } }) => 4 * replicas * (length + 4),
};
