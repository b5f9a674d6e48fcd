/** One pass over a value that no other operation could take along. */

import { map } from '../kernels/index.ts';
import { pad4 } from '../model/arena.ts';
import type { MapOp } from '../ops/op.ts';
import { operation, type Operation } from '../scheduler/graph.ts';
import { belowOf, stepOf, storedOf } from './below.ts';
import { paddedBatch, rowShape } from './build.ts';
import type { Lowering, Lowerings } from './lowering.ts';

function lowerMap({ build, widths }: Lowering, { label, input, output, steps }: MapOp): Operation {
  const other = stepOf(steps, 'add')?.value, activate = stepOf(steps, 'activate'), width = widths[output]!;
  return operation({
    kernel: map,
    label,
    shape: {
      row: rowShape(build), rows: paddedBatch(build), columns: pad4(width), width, add: other !== undefined,
      activation: activate?.activation, entry: activate?.entry, below: belowOf(steps),
    },
    bindings: { input, other: other ?? input, stored: storedOf(steps, input), output },
  });
}

export const lowerings: Lowerings = { map: (context, op) => [lowerMap(context, op)] };
