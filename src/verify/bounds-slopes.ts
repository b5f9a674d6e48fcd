/** Bounds on the backward pass through slopes that are learned: each sum is off by at most a rounding for each of its terms. */

import { eachActive } from '../float64/twin.ts';
import { partRows, partsOf, type SlopeGradientShape } from '../kernels/slope-gradient.ts';
import type { SlopeTotalShape } from '../kernels/slope-total.ts';
import { eachElement, startOf } from './bounds-products.ts';
import { FEW, noneAllowed, U, type Bound } from './look.ts';

export const slopeGradient: Bound<SlopeGradientShape> = (look) => {
  const { rows, columns, width } = look.shape, perPart = partRows(rows);
  const output = noneAllowed(look, 'output'), parts = noneAllowed(look, 'parts'), want = look.want('output');
  const delta = look.floats('delta'), stored = look.floats('stored');
  eachActive(look, (_row, replica) => {
    const from = (binding: string): number => startOf(look, binding, replica), at = from('output');
    eachElement(at, rows, columns, width, (i) => { output[i] = FEW * U * Math.abs(want[i]!); });
    eachElement(from('parts'), partsOf(rows), columns, width, (i, part, column) => {
      let size = 0;
      for (let row = part * perPart; row < Math.min((part + 1) * perPart, rows); row++) {
        const own = row * columns + column;
        size += Math.abs(delta[from('delta') + own]! * Math.min(stored[from('stored') + own]!, 0));
      }
      parts[i] = U * (perPart + FEW) * size;
    });
  });
  return { output, parts };
};

export const slopeTotal: Bound<SlopeTotalShape> = (look) => {
  const { length, slope, gradientsStride, accumulate } = look.shape, threads = look.constants['THREADS'] as number;
  const gradients = noneAllowed(look, 'gradients'), before = look.before('gradients'), data = look.floats('parts');
  // A thread's own sum, the tree of the threads' and its four columns.
  const terms = Math.ceil(length / 4 / threads) + Math.log2(threads) + 2;
  eachActive(look, ({ startsGroup }, replica) => {
    const first = startOf(look, 'parts', replica), at = replica * gradientsStride + slope;
    const size = data.subarray(first, first + length).reduce((sum, x) => sum + Math.abs(x), accumulate && startsGroup === 0 ? Math.abs(before[at]!) : 0);
    gradients[at] = U * (terms + FEW) * size;
  });
  return { gradients };
};
