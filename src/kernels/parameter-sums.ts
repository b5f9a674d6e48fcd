import row from '../../shaders/lib/row.wgsl';
import squares from '../../shaders/lib/squares.wgsl';
import source from '../../shaders/parameter-sums.wgsl';
import { CHUNK, UPDATE_THREADS } from './chunk.ts';
import { ROW_BINDING, spread, type DispatchShape, type Kernel } from './kernel.ts';
import { squareConstants } from './squares.ts';

export interface ParameterSumsShape extends DispatchShape {
  /** Chunks of CHUNK vec4s in one replica's arena. */
  readonly chunks: number;
}

export const parameterSums: Kernel<ParameterSumsShape> = {
  name: 'parameter-sums',
  source,
  libraries: () => [row, squares],
  bindings: [ROW_BINDING, { name: 'parameters', access: 'read' }, { name: 'sums', access: 'read-write' }],
  constants: (shape) => ({
    CHUNK,
    THREADS: UPDATE_THREADS,
    CHUNKS: shape.chunks,
    GRID_X: spread(shape.chunks).x,
    PARAMETERS_STRIDE: shape.chunks * CHUNK,
    ...squareConstants,
  }),
  grid: (shape) => [spread(shape.chunks).x, spread(shape.chunks).y, shape.row.replicas],
  flops: (shape) => 4 * shape.row.replicas * shape.chunks * 4 * CHUNK,
  bytes: (shape) => 16 * shape.row.replicas * shape.chunks * (CHUNK + 1),
};
