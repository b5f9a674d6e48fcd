import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/orthogonal-gradient.wgsl';
import { gramSize, type GramShape } from './gram.ts';
import { ROW_BINDING, type Kernel } from './kernel.ts';
import { productBytes, productFlops, tileConstants, tileExtensions, tileGrid, tileLibraries, type Product } from './tile.ts';

export interface OrthogonalGradientShape extends GramShape {
  /** Floats from one replica's gradients to the next. */
  readonly gradientsStride: number;
}

export const orthogonalProduct = (shape: Pick<GramShape, 'inputs' | 'outputs'>): Product => ({ rows: shape.inputs, columns: shape.outputs, depth: gramSize(shape) });

export const orthogonalGradient: Kernel<OrthogonalGradientShape> = {
  name: 'orthogonal-gradient',
  source,
  libraries: (shape) => [row, ...tileLibraries(shape.tile)],
  extensions: (shape) => tileExtensions(shape.tile),
  bindings: [
    ROW_BINDING,
    { name: 'parameters', access: 'read' },
    { name: 'gram', access: 'read', element: 4 },
    { name: 'gradients', access: 'read-write' },
  ],
  constants: (shape) => ({
    ...tileConstants(shape.tile, orthogonalProduct(shape), 'NN'),
    WIDE: shape.wide,
    WEIGHT_OFFSET: shape.weight / 4,
    PARAMETERS_STRIDE: shape.parametersStride / 4,
    GRADIENTS_STRIDE: shape.gradientsStride / 4,
    TENSOR: shape.tensor,
  }),
  grid: (shape) => tileGrid(shape.tile, orthogonalProduct(shape), shape.row.replicas),
  flops: (shape) => productFlops(orthogonalProduct(shape), shape.row.replicas) + 3 * shape.row.replicas * shape.inputs * shape.outputs,
  // The product and its operands, and gradients that are read before they are written.
  bytes: (shape) => productBytes(orthogonalProduct(shape), shape.row.replicas) + 4 * shape.row.replicas * shape.inputs * shape.outputs,
};
