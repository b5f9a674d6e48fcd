/** The orthogonal penalty on a layer: the products of its weight with itself, and its gradient. */

import { gram, orthogonalGradient } from '../kernels/index.ts';
import { gramProduct, gramSize, type GramShape } from '../kernels/gram.ts';
import { orthogonalProduct } from '../kernels/orthogonal-gradient.ts';
import { weightLayers, type Network, type WeightLayer } from '../model/network.ts';
import type { PenaltyOp, TensorId } from '../ops/op.ts';
import { operation, type Graph, type Operation } from '../scheduler/graph.ts';
import { rowShape, type Build } from './build.ts';
import type { Lowerings } from './lowering.ts';
import { tileFor } from './tiles.ts';

const layerOf = (network: Network, weight: TensorId): WeightLayer => weightLayers(network).find((layer) => layer.weight.index === weight)!;

/** Products of a layer's weight with itself. */
const gramOf = ({ name }: Pick<WeightLayer, 'name'>): string => `${name} gram`;

/** Floats of them, one replica. */
const gramFloats = ({ paddedInputs, paddedOutputs }: WeightLayer): number => gramSize({ inputs: paddedInputs, outputs: paddedOutputs }) ** 2;

const gramShape = (build: Build, { inputs, outputs, paddedInputs, paddedOutputs, weight }: WeightLayer): Omit<GramShape, 'tile'> => ({
  row: rowShape(build), inputs: paddedInputs, outputs: paddedOutputs, wide: inputs < outputs,
  weight: weight.offset, parametersStride: build.network.stride, tensor: weight.index,
});

function gramOperation(build: Build, layer: WeightLayer): Operation {
  const shape = gramShape(build, layer);
  return operation({
    kernel: gram,
    label: `${layer.name} weight times itself`,
    shape: { ...shape, tile: tileFor(build.tiles.weightGradient, gramProduct(shape)) },
    bindings: { parameters: 'parameters', gram: gramOf(layer) },
    values: { [gramOf(layer)]: gramFloats(layer) },
  });
}

/** The products behind one layer's orthogonal penalty. */
export function gramGraph(build: Build, layer: WeightLayer): Graph {
  const products = gramOperation(build, layer);
  return { name: products.label, replicas: build.replicas, values: products.values!, results: { gram: gramOf(layer) }, operations: [products] };
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

export const lowerings: Lowerings = { penalty: ({ build }, op) => orthogonalPenalty(build, op) };
