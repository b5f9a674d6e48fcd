import row from '../../shaders/lib/row.wgsl';
import tile from '../../shaders/lib/tile.wgsl';
import source from '../../shaders/orthogonal-gradient.wgsl';
import { gramSize, type GramShape } from './gram.ts';
import { ROW_BINDING, type Kernel } from './kernel.ts';
import { productBytes, productFlops, tileConstants, tileGrid, type Product } from './tile.ts';

export interface OrthogonalGradientShape extends GramShape {
  /** Floats from one replica's gradients to the next. */
  readonly gradientsStride: number;
}

const product = (shape: GramShape): Product => ({ rows: shape.inputs, columns: shape.outputs, depth: gramSize(shape) });

export const orthogonalGradient: Kernel<OrthogonalGradientShape> = {
  name: 'orthogonal-gradient',
  source,
  libraries: () => [row, tile],
  bindings: [
    ROW_BINDING,
    { name: 'parameters', access: 'read' },
    { name: 'gram', access: 'read', element: 4 },
    { name: 'gradients', access: 'read-write' },
  ],
  constants: (shape) => ({
    ...tileConstants(shape.tile, product(shape)),
    WIDE: shape.wide,
    WEIGHT_OFFSET: shape.weight / 4,
    PARAMETERS_STRIDE: shape.parametersStride / 4,
    GRADIENTS_STRIDE: shape.gradientsStride / 4,
    TENSOR: shape.tensor,
  }),
  grid: (shape) => tileGrid(shape.tile, product(shape), shape.row.replicas),
  flops: (shape) => productFlops(product(shape), shape.row.replicas) + 3 * shape.row.replicas * shape.inputs * shape.outputs,
  // The product and its operands, and gradients that are read before they are written.
  bytes: (shape) => productBytes(product(shape), shape.row.replicas) + 4 * shape.row.replicas * shape.inputs * shape.outputs,
};
