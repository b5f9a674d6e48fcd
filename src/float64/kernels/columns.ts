/** Columns beside each other. */

import type { ColumnsShape } from '../../kernels/columns.ts';
import { pad4 } from '../../model/arena.ts';
import { columns as reference } from '../../reference/index.ts';
import { eachActive, put, take, viewed, type Twin } from '../twin.ts';

export const columns: Twin<ColumnsShape> = (run) => {
  const { rows, firstWidth, from, first, second, width, to } = run.shape, size = (own: number) => ({ rows, columns: pad4(own), width: own });
  eachActive(run, (_row, replica) => {
    const of = (binding: string, own: number): Float64Array => take(viewed(run, binding, replica, size(own)));
    put(viewed(run, 'output', replica, size(width)), reference({
      first: of('first', firstWidth), batch: rows, width: firstWidth, from, count: first, outputWidth: width, to, ...(second > 0 && { second: of('second', second), secondWidth: second }),
    }));
  });
};
