import arenaSource from '../../shaders/lib/arena.wgsl';
import columnSum from '../../shaders/lib/column-sum.wgsl';
import row from '../../shaders/lib/row.wgsl';
import weightGradient from '../../shaders/lib/weight-gradient.wgsl';
import weightUpdate from '../../shaders/lib/weight-update.wgsl';
import source from '../../shaders/dense-weight-update.wgsl';
import { ROW_BINDING, type DispatchShape, type Kernel } from './kernel.ts';
import { ruleBytes, ruleFlops, updateConstants, updateLibraries, type Arena, type Rule } from './rule.ts';
import { productFlops, tileConstants, tileExtensions, tileGrid, tileLibraries, type Product, type Tile } from './tile.ts';

export interface DenseWeightUpdateShape extends DispatchShape {
  /** rows = inputs, columns = outputs, depth = batch. */
  readonly product: Product;
  readonly tile: Tile;
  readonly rule: Rule;
  readonly arena: Arena;
  /** Floats into one replica's parameters. */
  readonly weight: number;
  readonly bias: number;
  /** Their indices among the network's tensors. */
  readonly weightTensor: number;
  readonly biasTensor: number;
}

const parameterCount = ({ product, row: { replicas } }: DenseWeightUpdateShape): number =>
  replicas * (product.rows + 1) * product.columns;

export const denseWeightUpdate: Kernel<DenseWeightUpdateShape> = {
  name: 'dense-weight-update',
  source,
  libraries: (shape) => [row, ...tileLibraries(shape.tile), weightGradient, columnSum, weightUpdate, arenaSource, ...updateLibraries(shape.rule)],
  extensions: (shape) => tileExtensions(shape.tile),
  bindings: [
    ROW_BINDING,
    { name: 'input', access: 'read', element: 4 },
    { name: 'delta', access: 'read', element: 4 },
    { name: 'parameters', access: 'read-write' },
    { name: 'state', access: 'read-write' },
    { name: 'flags', access: 'read-write', type: 'u32' },
  ],
  constants: (shape) => ({
    ...tileConstants(shape.tile, shape.product, 'TN'),
    WEIGHT_OFFSET: shape.weight / 4,
    BIAS_OFFSET: shape.bias / 4,
    WEIGHT_TENSOR: shape.weightTensor,
    BIAS_TENSOR: shape.biasTensor,
    PARAMETERS_STRIDE: shape.arena.stride / 4,
    ...updateConstants(shape.rule, shape.arena),
  }),
  grid: (shape) => tileGrid(shape.tile, shape.product, shape.row.replicas),
  flops: (shape) => productFlops(shape.product, shape.row.replicas) + ruleFlops(shape.rule, parameterCount(shape)),
  bytes: (shape) =>
    4 * shape.row.replicas * shape.product.depth * (shape.product.rows + shape.product.columns) +
    ruleBytes(shape.rule, parameterCount(shape)),
};
