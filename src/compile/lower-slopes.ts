/** Backward through activations that learn their slopes. */

import { biasGradient, slopeGradient, slopeTotal } from '../kernels/index.ts';
import { partsOf } from '../kernels/slope-gradient.ts';
import { pad4 } from '../model/arena.ts';
import type { SlopeGradientOp } from '../ops/op.ts';
import { operation, type Operation } from '../scheduler/graph.ts';
import { paddedBatch, rowShape } from './build.ts';
import { slopesAt, type Lowering, type Lowerings } from './lowering.ts';

function lowerSlopeGradient(context: Lowering, op: SlopeGradientOp): Operation[] {
  const { build, widths } = context, { tensors, stride } = build.network, { offset } = tensors[op.slopes]!;
  const row = rowShape(build), rows = paddedBatch(build), width = widths[op.delta]!, columns = pad4(width);
  const slopes = slopesAt(context, op)!, parts = `${op.layer} slope parts`, count = partsOf(rows);
  const sum = { row, gradientsStride: stride, accumulate: build.accumulate > 1 };
  return [
    operation({
      kernel: slopeGradient,
      label: op.label,
      shape: { row, rows, columns, width, slopes, parametersStride: stride },
      bindings: { parameters: 'parameters', delta: op.delta, stored: op.stored, output: op.output, parts },
      values: { [parts]: count * columns },
    }),
    slopes.isPerUnit
      ? operation({
        kernel: biasGradient,
        label: `${op.layer} slope sums`,
        shape: { ...sum, batch: count, columns, bias: offset },
        bindings: { delta: parts, gradients: 'gradients' },
      })
      : operation({
        kernel: slopeTotal,
        label: `${op.layer} slope total`,
        shape: { ...sum, length: count * columns, slope: offset },
        bindings: { parts, gradients: 'gradients' },
      }),
  ];
}

export const lowerings: Lowerings = { slopeGradient: (context, op) => lowerSlopeGradient(context, op) };
