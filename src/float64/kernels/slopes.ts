/** Slopes that are learned: where they are read, and their gradient. */

import { partRows, partsOf, type SlopeGradientShape } from '../../kernels/slope-gradient.ts';
import type { SlopeTotalShape } from '../../kernels/slope-total.ts';
import type { Slopes } from '../../kernels/slopes.ts';
import { slopeGradient as reference, slopeTotal as total } from '../../reference/index.ts';
import { eachActive, put, take, viewed, type Twin } from '../twin.ts';

/** One replica's, of so many columns; none where there are none. */
export function slopesOf(parameters: () => Float64Array, slopes: Slopes | undefined, first: number, width: number): Float64Array | undefined {
  if (slopes === undefined) return undefined;
  const at = first + slopes.offset;
  return parameters().slice(at, at + (slopes.isPerUnit ? width : 1));
}

export const slopeGradient: Twin<SlopeGradientShape> = (run) => {
  const { rows, columns, width, slopes: where, parametersStride } = run.shape, size = { rows, columns, width }, perPart = partRows(rows);
  eachActive(run, (_row, replica) => {
    const slopes = slopesOf(() => run.floats('parameters'), where, replica * parametersStride, width)!;
    const delta = take(viewed(run, 'delta', replica, size)), input = take(viewed(run, 'stored', replica, size));
    put(viewed(run, 'output', replica, size), reference({ delta, input, slopes, batch: rows, width }).output);
    const parts = Array.from({ length: partsOf(rows) }, (_, part) => {
      const first = Math.min(part * perPart, rows), end = Math.min(first + perPart, rows), of = (values: Float64Array): Float64Array => values.subarray(first * width, end * width);
      return [...reference({ delta: of(delta), input: of(input), slopes, batch: end - first, width }).sums];
    });
    put(viewed(run, 'parts', replica, { rows: partsOf(rows), columns, width }), Float64Array.from(parts.flat()));
  });
};

export const slopeTotal: Twin<SlopeTotalShape> = (run) => {
  const { length, slope, gradientsStride, accumulate } = run.shape;
  eachActive(run, (row, replica) => {
    const gradients = run.floats('gradients'), at = replica * gradientsStride + slope, before = accumulate && row.startsGroup === 0 ? gradients[at]! : 0;
    put({ data: gradients, at, rows: 1, columns: 4 }, Float64Array.of(before + total(take(viewed(run, 'parts', replica, { rows: 1, columns: length }))), 0, 0, 0));
  });
};
