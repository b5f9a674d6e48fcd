/** Columns beside each other: branches that are joined, and the parts of their gradient. */

import { columns } from '../kernels/index.ts';
import { pad4 } from '../model/arena.ts';
import type { ColumnsOp } from '../ops/op.ts';
import { operation, type Operation } from '../scheduler/graph.ts';
import { paddedBatch, rowShape } from './build.ts';
import type { Lowering, Lowerings } from './lowering.ts';

function lowerColumns({ build, widths }: Lowering, { label, input, from, count, to, other, output }: ColumnsOp): Operation {
  const second = other === undefined ? 0 : widths[other]!;
  const padded = { first: pad4(widths[input]!), second: pad4(second), output: pad4(widths[output]!) };
  return operation({
    kernel: columns,
    label,
    shape: { row: rowShape(build), rows: paddedBatch(build), columns: padded, from, first: count, second, to },
    bindings: { first: input, second: other ?? input, output },
  });
}

export const lowerings: Lowerings = { columns: (context, op) => [lowerColumns(context, op)] };
