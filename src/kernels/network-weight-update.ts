import arenaSource from '../../shaders/lib/arena.wgsl';
import columnSum from '../../shaders/lib/column-sum.wgsl';
import row from '../../shaders/lib/row.wgsl';
import weightGradient from '../../shaders/lib/weight-gradient.wgsl';
import weightUpdate from '../../shaders/lib/weight-update.wgsl';
import source from '../../shaders/network-weight-update.wgsl';
import { ROW_BINDING, spread, type DispatchShape, type Kernel } from './kernel.ts';
import { ruleBytes, ruleFlops, updateConstants, updateLibraries, type Arena, type Rule } from './rule.ts';
import { productFlops, tileExtensions, tileGrid, tileLibraries, tileShape, type Product, type Tile } from './tile.ts';

export interface NetworkWeightUpdateShape extends DispatchShape {
  /** Per dense layer: rows = inputs, columns = outputs, depth = batch (the same for all). */
  readonly products: readonly Product[];
  readonly tile: Tile;
  readonly rule: Rule;
  readonly arena: Arena;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const parameterCount = ({ products, row: { replicas } }: NetworkWeightUpdateShape): number =>
  replicas * sum(products.map(({ rows, columns }) => (rows + 1) * columns));

/** Workgroups over all layers' tiles, and where they lie: the `tiles` table, four u32 per workgroup. */
export function updateTiles(shape: Pick<NetworkWeightUpdateShape, 'products' | 'tile'>): Uint32Array<ArrayBuffer> {
  const tiles = shape.products.flatMap((product, layer) => {
    const [x, y] = tileGrid(shape.tile, product, 1);
    return Array.from({ length: x * y }, (_, i) => [layer, i % x, Math.floor(i / x), 0]);
  });
  const { x, y } = spread(tiles.length);
  // A padding workgroup points past every layer's edge, so it stores nothing.
  const table = new Uint32Array(4 * x * y).fill(0xffff);
  tiles.forEach((tile, i) => table.set(tile, 4 * i));
  for (let i = tiles.length; i < x * y; i++) table[4 * i] = 0;
  return table;
}

const grid = (shape: NetworkWeightUpdateShape): { x: number; y: number } =>
  spread(sum(shape.products.map((product) => { const [x, y] = tileGrid(shape.tile, product, 1); return x * y; })));

export const networkWeightUpdate: Kernel<NetworkWeightUpdateShape> = {
  name: 'network-weight-update',
  source,
  libraries: (shape) => [row, ...tileLibraries(shape.tile), weightGradient, columnSum, weightUpdate, arenaSource, ...updateLibraries(shape.rule)],
  extensions: (shape) => tileExtensions(shape.tile),
  bindings: [
    ROW_BINDING,
    { name: 'tiles', access: 'read', type: 'u32' },
    { name: 'layers', access: 'read', type: 'u32' },
    { name: 'first', access: 'read' },
    { name: 'second', access: 'read' },
    { name: 'third', access: 'read' },
    { name: 'parameters', access: 'read-write' },
    { name: 'state', access: 'read-write' },
    { name: 'flags', access: 'read-write', type: 'u32' },
  ],
  constants: (shape) => ({
    GRID_X: grid(shape).x,
    DEPTH4: shape.products[0]!.depth / 4,
    ...tileShape(shape.tile, 'TN'),
    PARAMETERS_STRIDE: shape.arena.stride / 4,
    ...updateConstants(shape.rule, shape.arena),
  }),
  grid: (shape) => [grid(shape).x, grid(shape).y, shape.row.replicas],
  flops: (shape) =>
    sum(shape.products.map((product) => productFlops(product, shape.row.replicas))) +
    ruleFlops(shape.rule, parameterCount(shape)),
  bytes: (shape) =>
    sum(shape.products.map(({ rows, columns, depth }) => 4 * shape.row.replicas * depth * (rows + columns))) +
    ruleBytes(shape.rule, parameterCount(shape)),
};
