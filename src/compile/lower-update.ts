/** The operations that end a training step: gradients of parameters, and their update. */

import {
  biasGradient, denseWeightGradient, denseWeightUpdate, gram, networkWeightUpdate, orthogonalGradient, scaledUpdate, tensorNorms,
  unitConstraint, update,
} from '../kernels/index.ts';
import { gramProduct, gramSize, type GramShape } from '../kernels/gram.ts';
import { updateTiles } from '../kernels/network-weight-update.ts';
import { orthogonalProduct } from '../kernels/orthogonal-gradient.ts';
import { needsNorms } from '../kernels/rule.ts';
import type { Product, Tile } from '../kernels/tile.ts';
import { pad4 } from '../model/arena.ts';
import { unitWeights, type Network, type ParameterLayer } from '../model/network.ts';
import type {
  ColumnSumOp, NetworkUpdateOp, PenaltyOp, TensorId, UnitRulesOp, UpdateOp, WeightGradientOp, WeightUpdateOp,
} from '../ops/op.ts';
import { operation, type Cell, type Operation } from '../scheduler/graph.ts';
import { paddedBatch, rowShape, type Build } from './build.ts';
import type { Lowering } from './lowering.ts';
import { tileFor } from './tiles.ts';

export type UpdateOps = WeightGradientOp | ColumnSumOp | PenaltyOp | UpdateOp | UnitRulesOp | WeightUpdateOp | NetworkUpdateOp;

/** Activation buffers that an update of all layers binds. */
export const UPDATE_BUFFERS = 3;

export function lowerUpdate(context: Lowering, op: UpdateOps): Operation[] {
  const { build } = context;
  switch (op.op) {
    case 'weightGradient': return [lowerWeightGradient(context, op)];
    case 'columnSum': return [lowerColumnSum(context, op)];
    case 'penalty': return orthogonalPenalty(build, op);
    case 'update': return arenaUpdate(build, op);
    case 'unitRules': return [unitRules(build, op)];
    case 'weightUpdate': return [lowerWeightUpdate(context, op)];
    case 'networkUpdate': return [lowerNetworkUpdate(context, op)];
  }
}

const weightProduct = ({ build, widths }: Lowering, { input, delta }: Pick<WeightGradientOp, 'input' | 'delta'>): Product => ({
  rows: pad4(widths[input]!), columns: pad4(widths[delta]!), depth: paddedBatch(build),
});

const tileOf = (build: Build, product: Product): Tile => tileFor(build.tiles.weightGradient, product);

const arenaOf = ({ network }: Build): { stride: number } => ({ stride: network.stride });

const updateBindings = { parameters: 'parameters', state: 'state', flags: 'flags' };

function lowerWeightGradient(context: Lowering, op: WeightGradientOp): Operation {
  const { build } = context, product = weightProduct(context, op);
  return operation({
    kernel: denseWeightGradient,
    label: op.label,
    shape: {
      row: rowShape(build), product, tile: tileOf(build, product),
      weight: build.network.tensors[op.weight]!.offset, gradientsStride: build.network.stride, accumulate: build.accumulate > 1,
    },
    bindings: { input: op.input, delta: op.delta, gradients: 'gradients' },
  });
}

const lowerColumnSum = ({ build, widths }: Lowering, { label, delta, bias }: ColumnSumOp): Operation => operation({
  kernel: biasGradient,
  label,
  shape: {
    row: rowShape(build), batch: paddedBatch(build), columns: pad4(widths[delta]!),
    bias: build.network.tensors[bias]!.offset, gradientsStride: build.network.stride, accumulate: build.accumulate > 1,
  },
  bindings: { delta, gradients: 'gradients' },
});

const layerOf = ({ layers }: Network, weight: TensorId): ParameterLayer => layers.find((layer) => layer.weight.index === weight)!;

/** Products of a layer's weight with itself. */
export const gramOf = ({ name }: Pick<ParameterLayer, 'name'>): string => `${name} gram`;

/** Floats of them, one replica. */
export const gramFloats = ({ paddedInputs, paddedOutputs }: ParameterLayer): number => gramSize({ inputs: paddedInputs, outputs: paddedOutputs }) ** 2;

const gramShape = (build: Build, { inputs, outputs, paddedInputs, paddedOutputs, weight }: ParameterLayer): Omit<GramShape, 'tile'> => ({
  row: rowShape(build), inputs: paddedInputs, outputs: paddedOutputs, wide: inputs < outputs,
  weight: weight.offset, parametersStride: build.network.stride, tensor: weight.index,
});

export function gramOperation(build: Build, layer: ParameterLayer): Operation {
  const shape = gramShape(build, layer);
  return operation({
    kernel: gram,
    label: `${layer.name} weight times itself`,
    shape: { ...shape, tile: tileFor(build.tiles.weightGradient, gramProduct(shape)) },
    bindings: { parameters: 'parameters', gram: gramOf(layer) },
  });
}

/** Adds the gradient of a layer's orthogonal penalty to that of its weight. */
function orthogonalPenalty(build: Build, { label, weight }: PenaltyOp): Operation[] {
  const layer = layerOf(build.network, weight), shape = gramShape(build, layer);
  return [
    gramOperation(build, layer),
    operation({
      kernel: orthogonalGradient,
      label,
      shape: { ...shape, tile: tileFor(build.tiles.forward, orthogonalProduct(shape)), gradientsStride: build.network.stride },
      bindings: { parameters: 'parameters', gram: gramOf(layer), gradients: 'gradients' },
    }),
  ];
}

/** The update of the whole arena from stored gradients, with the norms it may need first. */
function arenaUpdate(build: Build, { label }: UpdateOp): Operation[] {
  const { network, rule } = build;
  const shape = { row: rowShape(build), chunks: network.chunks, rule, arena: arenaOf(build) };
  const bindings = { gradients: 'gradients', chunks: 'chunks', ...updateBindings };
  if (!needsNorms(rule)) return [operation({ kernel: update, label, shape, bindings })];
  return [
    operation({
      kernel: tensorNorms,
      label: 'norms of all tensors',
      shape,
      bindings: {
        gradients: 'gradients', parameters: 'parameters', state: 'state', tensors: 'tensors', skips: 'skips', norms: 'norms',
      },
    }),
    operation({ kernel: scaledUpdate, label, shape, bindings: { ...bindings, norms: 'norms', skips: 'skips' } }),
  ];
}

const unitRules = (build: Build, { label }: UnitRulesOp): Operation => operation({
  kernel: unitConstraint,
  label,
  shape: { row: rowShape(build), weights: unitWeights(build.network), rule: build.rule, arena: arenaOf(build) },
  bindings: { units: 'units', parameters: 'parameters', state: 'state', skips: 'skips' },
});

function lowerWeightUpdate(context: Lowering, op: WeightUpdateOp): Operation {
  const { build } = context, { tensors } = build.network, product = weightProduct(context, op);
  return operation({
    kernel: denseWeightUpdate,
    label: op.label,
    shape: {
      row: rowShape(build), product, tile: tileOf(build, product), rule: build.rule, arena: arenaOf(build),
      weight: tensors[op.weight]!.offset, bias: tensors[op.bias]!.offset, weightTensor: op.weight, biasTensor: op.bias,
    },
    bindings: { input: op.input, delta: op.delta, ...updateBindings },
  });
}

/** Where a value lies, as the kernel of the whole network's update reads it. */
const placeOf = (value: string): Cell[] => [{ value, part: 'buffer' }, { value, part: 'offset' }, { value, part: 'stride' }];

function lowerNetworkUpdate(context: Lowering, { label, updates }: NetworkUpdateOp): Operation {
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
