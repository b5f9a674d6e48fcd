import row from '../../shaders/lib/row.wgsl';
import weightGradient from '../../shaders/lib/weight-gradient.wgsl';
import source from '../../shaders/dense-weight-gradient.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';
import { productBytes, productFlops, tileConstants, tileExtensions, tileGrid, tileLibraries, type Product, type Tile } from './tile.ts';

export interface DenseWeightGradientShape extends DispatchShape {
  /** rows = inputs, columns = outputs, depth = batch. */
  readonly product: Product;
  readonly tile: Tile;
  /** Floats into one replica's gradients, and floats from one replica's to the next. */
  readonly weight: number;
  readonly gradientsStride: number;
  /** Several batches make one update. */
  readonly accumulate: boolean;
  /** Another use of the same parameters has left its gradient there. */
  readonly adds?: boolean | undefined;
}

export const denseWeightGradient: Kernel<DenseWeightGradientShape> = {
  name: 'dense-weight-gradient',
  source,
  libraries: (shape) => [row, ...tileLibraries(shape.tile), weightGradient],
  extensions: (shape) => tileExtensions(shape.tile),
  bindings: [
    ROW_BINDING,
    { name: 'input', access: 'read', element: 4 },
    { name: 'delta', access: 'read', element: 4 },
    { name: 'gradients', access: 'read-write' },
  ],
  constants: (shape) => ({
    ...tileConstants(shape.tile, shape.product, 'TN'),
    WEIGHT_OFFSET: shape.weight / 4,
    GRADIENTS_STRIDE: shape.gradientsStride / 4,
    ACCUMULATE: shape.accumulate,
    ADDS: shape.adds === true,
  }),
  grid: (shape) => tileGrid(shape.tile, shape.product, shape.row.replicas),
  flops: (shape) => productFlops(shape.product, shape.row.replicas),
  bytes: (shape) => productBytes(shape.product, shape.row.replicas),
};
