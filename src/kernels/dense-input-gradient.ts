import row from '../../shaders/lib/row.wgsl';
import weights from '../../shaders/lib/weights.wgsl';
import weightsTransposed from '../../shaders/lib/weights-transposed.wgsl';
import source from '../../shaders/dense-input-gradient.wgsl';
import { activationLibraries } from './activations/index.ts';
import { belowConstants, belowLibraries, readsStored, type Below } from './below.ts';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';
import { productBytes, productFlops, tileConstants, tileExtensions, tileGrid, tileLibraries, type Product, type Tile } from './tile.ts';

export interface DenseInputGradientShape extends DispatchShape {
  /** rows = batch, columns = inputs, depth = outputs. */
  readonly product: Product;
  readonly tile: Tile;
  /** Unpadded inputs. */
  readonly width: number;
  /** Whether the weights lie as [outputs, inputs]: another layer's, whose transpose went forward. */
  readonly transposed?: boolean | undefined;
  /** Floats into one replica's parameters, and floats from one replica's to the next. */
  readonly weight: number;
  readonly parametersStride: number;
  readonly below: Below;
}

export const denseInputGradient: Kernel<DenseInputGradientShape> = {
  name: 'dense-input-gradient',
  source,
  libraries: (shape) => [row, ...tileLibraries(shape.tile), shape.transposed ? weights : weightsTransposed, ...belowLibraries, ...activationLibraries(shape.below.activation)],
  extensions: (shape) => tileExtensions(shape.tile),
  bindings: [
    ROW_BINDING,
    { name: 'parameters', access: 'read' },
    { name: 'delta', access: 'read', element: 4 },
    { name: 'input', access: 'read', element: 4 },
    { name: 'output', access: 'read-write', element: 4 },
  ],
  constants: (shape) => ({
    ...tileConstants(shape.tile, shape.product, shape.transposed ? 'NN' : 'NT'),
    WIDTH: shape.width,
    WEIGHT_OFFSET: shape.weight / 4,
    PARAMETERS_STRIDE: shape.parametersStride / 4,
    ...belowConstants(shape.below),
  }),
  grid: (shape) => tileGrid(shape.tile, shape.product, shape.row.replicas),
  flops: (shape) => productFlops(shape.product, shape.row.replicas),
  bytes: (shape) =>
    productBytes(shape.product, shape.row.replicas) +
    (readsStored(shape.below) ? 4 * shape.row.replicas * shape.product.rows * shape.product.columns : 0),
};
