import row from '../../shaders/lib/row.wgsl';
import source from '../../shaders/gram.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';
import { productFlops, tileConstants, tileExtensions, tileGrid, tileLibraries, type Product, type Tile } from './tile.ts';

export interface GramShape extends DispatchShape {
  /** Inputs and outputs of the layer, padded to 4. */
  readonly inputs: number;
  readonly outputs: number;
  /** More outputs than inputs, before padding: rows of the weight are multiplied with each other, not columns. */
  readonly wide: boolean;
  readonly tile: Tile;
  /** Floats into one replica's parameters, and floats from one replica's to the next. */
  readonly weight: number;
  readonly parametersStride: number;
  /** The weight's, in whose row the strength is. */
  readonly tensor: number;
}

/** Rows and columns of the product. */
export const gramSize = ({ inputs, outputs }: Pick<GramShape, 'inputs' | 'outputs'>): number => Math.min(inputs, outputs);

export const gramProduct = (shape: Pick<GramShape, 'inputs' | 'outputs'>): Product => {
  const size = gramSize(shape);
  return { rows: size, columns: size, depth: Math.max(shape.inputs, shape.outputs) };
};

export const gram: Kernel<GramShape> = {
  name: 'gram',
  source,
  libraries: (shape) => [row, ...tileLibraries(shape.tile)],
  extensions: (shape) => tileExtensions(shape.tile),
  bindings: [ROW_BINDING, { name: 'parameters', access: 'read' }, { name: 'gram', access: 'read-write', element: 4 }],
  constants: (shape) => ({
    ...tileConstants(shape.tile, gramProduct(shape), shape.wide ? 'NT' : 'TN'),
    WIDE: shape.wide,
    OUTPUTS4: shape.outputs / 4,
    WEIGHT_OFFSET: shape.weight / 4,
    PARAMETERS_STRIDE: shape.parametersStride / 4,
    TENSOR: shape.tensor,
  }),
  grid: (shape) => tileGrid(shape.tile, gramProduct(shape), shape.row.replicas),
  flops: (shape) => productFlops(gramProduct(shape), shape.row.replicas),
  // Both operands are the one weight.
  bytes: (shape) => 4 * shape.row.replicas * (shape.inputs * shape.outputs + gramSize(shape) ** 2),
};
