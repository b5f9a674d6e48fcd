/** The fused update of all layers, which ends a training step; `late.ts` has the others. */

import { networkWeightUpdate } from '../kernels/index.ts';
import { updateTiles } from '../kernels/network-weight-update.ts';
import type { Product } from '../kernels/tile.ts';
import { pad4 } from '../model/arena.ts';
import type { NetworkUpdateOp, WeightGradientOp } from '../ops/op.ts';
import { operation, type Cell, type Operation } from '../scheduler/graph.ts';
import { paddedBatch, rowShape, type Build } from './build.ts';
import type { Lowering } from './lowering.ts';

/** Activation buffers that an update of all layers binds. */
export const UPDATE_BUFFERS = 3;

/** The product that makes a weight's gradient. */
export const weightProduct = ({ build, widths }: Lowering, { input, delta }: Pick<WeightGradientOp, 'input' | 'delta'>): Product => ({
  rows: pad4(widths[input]!), columns: pad4(widths[delta]!), depth: paddedBatch(build),
});

/** How the update's kernels step through parameters and state. */
export const arenaOf = ({ network }: Build): { stride: number } => ({ stride: network.stride });

/** What every update binds. */
export const updateBindings = { parameters: 'parameters', state: 'state', flags: 'flags' };

/** Where a value lies, as the kernel of the whole network's update reads it. */
const placeOf = (value: string): Cell[] => [{ value, part: 'buffer' }, { value, part: 'offset' }, { value, part: 'stride' }];

export function lowerNetworkUpdate(context: Lowering, { label, updates }: NetworkUpdateOp): Operation {
  const { build } = context, { network: { tensors }, tiles, rule } = build;
  const products = updates.map((op) => weightProduct(context, op)), tile = tiles.weightGradient.wide;
  const layers = updates.flatMap(({ input, delta, weight, bias }, i): Cell[] => [
    products[i]!.rows, products[i]!.columns / 4, tensors[weight]!.offset / 4, tensors[bias]!.offset / 4,
    ...placeOf(input), weight,
    ...placeOf(delta), bias,
  ]);
  return operation({
    kernel: networkWeightUpdate,
    label,
    shape: { row: rowShape(build), products, tile, rule, arena: arenaOf(build) },
    bindings: { tiles: 'update.tiles', layers: 'update.layers', ...updateBindings },
    reads: updates.flatMap(({ input, delta }) => [input, delta]),
    readThrough: ['first', 'second', 'third'],
    tables: { 'update.tiles': Array.from(updateTiles({ products, tile })), 'update.layers': layers },
  });
}
