import dropoutLibrary from '../../shaders/lib/dropout.wgsl';
import keep from '../../shaders/lib/keep.wgsl';
import noKeep from '../../shaders/lib/no-keep.wgsl';
import philox from '../../shaders/lib/philox.wgsl';
import row from '../../shaders/lib/row.wgsl';
import weights from '../../shaders/lib/weights.wgsl';
import weightsTransposed from '../../shaders/lib/weights-transposed.wgsl';
import source from '../../shaders/dense-forward.wgsl';
import { activateConstants, activateLibraries } from './activations/index.ts';
import { dropoutConstants, type Dropout } from './dropout.ts';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';
import { slopeConstants, type Slopes } from './slopes.ts';
import { productBytes, productFlops, tileConstants, tileExtensions, tileGrid, tileLibraries, type Product, type Tile } from './tile.ts';

export interface DenseForwardShape extends DispatchShape {
  /** rows = batch, columns = outputs, depth = inputs. */
  readonly product: Product;
  readonly tile: Tile;
  /** Unpadded outputs. */
  readonly width: number;
  /** Whether the weights lie as [outputs, inputs]: another layer's, transposed. */
  readonly transposed?: boolean | undefined;
  /** Floats into one replica's parameters, and floats from one replica's to the next. */
  readonly weight: number;
  readonly bias: number;
  readonly parametersStride: number;
  /** Of the output. Absent: none. */
  readonly activation?: string | undefined;
  /** Its entry in the row's `layers`, where it has a number. */
  readonly entry?: number | undefined;
  /** Its slopes, where it learns them. */
  readonly slopes?: Slopes | undefined;
  readonly dropout?: Dropout | undefined;
  /** Whether what the activation is made from is stored, too. */
  readonly keeps?: boolean | undefined;
}

export const denseForward: Kernel<DenseForwardShape> = {
  name: 'dense-forward',
  source,
  libraries: (shape) => [row, ...tileLibraries(shape.tile), shape.transposed ? weightsTransposed : weights, ...activateLibraries(shape.activation), shape.keeps ? keep : noKeep, dropoutLibrary, philox],
  extensions: (shape) => tileExtensions(shape.tile),
  bindings: [
    ROW_BINDING,
    { name: 'parameters', access: 'read' },
    { name: 'input', access: 'read', element: 4 },
    { name: 'output', access: 'read-write', element: 4 },
    { name: 'preactivation', access: 'read-write', element: 4, isOptional: true },
  ],
  constants: (shape) => ({
    ...tileConstants(shape.tile, shape.product, shape.transposed ? 'NT' : 'NN'),
    WIDTH: shape.width,
    WEIGHT_OFFSET: shape.weight / 4,
    BIAS_OFFSET: shape.bias / 4,
    PARAMETERS_STRIDE: shape.parametersStride / 4,
    ...activateConstants(shape.activation, shape.entry),
    ...slopeConstants(shape.slopes),
    ...dropoutConstants(shape.dropout),
  }),
  grid: (shape) => tileGrid(shape.tile, shape.product, shape.row.replicas),
  flops: (shape) => productFlops(shape.product, shape.row.replicas),
  bytes: ({ product, row: { replicas }, keeps }) => productBytes(product, replicas) + (keeps ? 4 * replicas * product.rows * product.columns : 0),
};
