/** One pass over a value that no other operation could take along. */

import { map } from '../kernels/index.ts';
import { pad4 } from '../model/arena.ts';
import type { MapOp } from '../ops/op.ts';
import { operation, type Operation } from '../scheduler/graph.ts';
import { belowOf, stepOf, storedOf } from './below.ts';
import { paddedBatch, rowShape } from './build.ts';
import { slopesAt, weightsAt, type Lowering, type Lowerings } from './lowering.ts';

function lowerMap(context: Lowering, { label, input, output, steps }: MapOp): Operation {
  const { build, widths } = context, { buffer, stride } = weightsAt(context);
  const other = stepOf(steps, 'add')?.value, activate = stepOf(steps, 'activate'), width = widths[output]!, slopes = slopesAt(context, activate);
  return operation({
    kernel: map,
    label,
    shape: {
      row: rowShape(build), rows: paddedBatch(build), columns: pad4(width), width, add: other !== undefined,
      activation: activate?.activation, entry: activate?.entry,
      slopes: slopes && { ...slopes, parametersStride: stride }, below: belowOf(steps),
    },
    bindings: { input, other: other ?? input, stored: storedOf(steps, input), output, ...(slopes !== undefined && { parameters: buffer }) },
  });
}

export const lowerings: Lowerings = { map: (context, op) => [lowerMap(context, op)] };
