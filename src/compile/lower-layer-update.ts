/** The fused update of one layer. */

import { denseWeightUpdate } from '../kernels/index.ts';
import type { WeightUpdateOp } from '../ops/op.ts';
import { operation, type Operation } from '../scheduler/graph.ts';
import { rowShape } from './build.ts';
import type { Lowering, Lowerings } from './lowering.ts';
import { arenaOf, updateBindings, weightProduct } from './lower-update.ts';
import { tileFor } from './tiles.ts';

function lowerWeightUpdate(context: Lowering, op: WeightUpdateOp): Operation {
  const { build } = context, { tensors } = build.network, product = weightProduct(context, op);
  return operation({
    kernel: denseWeightUpdate,
    label: op.label,
    shape: {
      row: rowShape(build), product, tile: tileFor(build.tiles.weightGradient, product), rule: build.rule, arena: arenaOf(build),
      weight: tensors[op.weight]!.offset, bias: tensors[op.bias]!.offset, weightTensor: op.weight, biasTensor: op.bias,
    },
    bindings: { input: op.input, delta: op.delta, ...updateBindings },
  });
}

export const lowerings: Lowerings = { weightUpdate: (context, op) => [lowerWeightUpdate(context, op)] };
