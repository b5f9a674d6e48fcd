/** Columns beside each other. */

import type { ColumnsShape } from '../../kernels/columns.ts';
import { columns as reference } from '../../reference/index.ts';
import { eachActive, put, take, viewed, type Twin } from '../twin.ts';

// Pads are among the columns: they are 0, and no column that is taken.
export const columns: Twin<ColumnsShape> = (run) => {
  const { rows, columns: own, from, first, second, to } = run.shape;
  eachActive(run, (_row, replica) => {
    const of = (binding: string, width: number): Float64Array => take(viewed(run, binding, replica, { rows, columns: width }));
    // Of the second all columns are taken: what is behind its width would be pads.
    const cut = second > 0 ? take({ ...viewed(run, 'second', replica, { rows, columns: own.second }), width: second }) : undefined;
    put(viewed(run, 'output', replica, { rows, columns: own.output }), reference({
      first: of('first', own.first), batch: rows, width: own.first, from, count: first, outputWidth: own.output, to, ...(cut && { second: cut, secondWidth: second }),
    }));
  });
};
