/** Gradients that are kept in memory, and the update from them. */

import { biasGradient, denseWeightGradient, scaledUpdate, tensorNorms, update } from '../kernels/index.ts';
import { needsNorms } from '../kernels/rule.ts';
import { pad4 } from '../model/arena.ts';
import type { ColumnSumOp, UpdateOp, WeightGradientOp } from '../ops/op.ts';
import { operation, type Operation } from '../scheduler/graph.ts';
import { paddedBatch, rowShape, type Build } from './build.ts';
import type { Lowering, Lowerings } from './lowering.ts';
import { arenaOf, updateBindings, weightProduct } from './lower-update.ts';
import { tileFor } from './tiles.ts';

function lowerWeightGradient(context: Lowering, op: WeightGradientOp): Operation {
  const { build } = context, product = weightProduct(context, op);
  return operation({
    kernel: denseWeightGradient,
    label: op.label,
    shape: {
      row: rowShape(build), product, tile: tileFor(build.tiles.weightGradient, product),
      weight: build.network.tensors[op.weight]!.offset, gradientsStride: build.network.stride, accumulate: build.accumulate > 1, adds: op.adds,
    },
    bindings: { input: op.input, delta: op.delta, gradients: 'gradients' },
  });
}

const lowerColumnSum = ({ build, widths }: Lowering, { label, delta, bias, adds }: ColumnSumOp): Operation => operation({
  kernel: biasGradient,
  label,
  shape: {
    row: rowShape(build), batch: paddedBatch(build), columns: pad4(widths[delta]!),
    bias: build.network.tensors[bias]!.offset, gradientsStride: build.network.stride, accumulate: build.accumulate > 1, adds,
  },
  bindings: { delta, gradients: 'gradients' },
});

/** The update of the whole arena from stored gradients, with the norms it may need first. */
function arenaUpdate(build: Build, { label }: UpdateOp): Operation[] {
  const { network, rule } = build;
  const shape = { row: rowShape(build), chunks: network.trainedChunks, rule, arena: arenaOf(build) };
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

export const lowerings: Lowerings = {
  weightGradient: (context, op) => [lowerWeightGradient(context, op)],
  columnSum: (context, op) => [lowerColumnSum(context, op)],
  update: ({ build }, op) => arenaUpdate(build, op),
};
