/** What a bound is made from: a dispatch's operands as the device had them, what its twin made of them, what the device did. */

import type { Run } from '../float64/twin.ts';
import type { DispatchShape } from '../kernels/kernel.ts';

/** Unit roundoff of f32. */
export const U = 2 ** -24;

/**
 * How many times its expected error a sum may be off. Roundings are taken as independent, of zero mean (Higham and Mary, "A new
 * approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 41, 2019).
 */
export const LAMBDA = 8;

/** What a rounding or two, a division (2.5 units in the last place) and an exponential (3 + 2 |x|) may leave, in U. */
export const FEW = 16, MANY = 64;

/** A sum as large as this may have left f32 on the way. */
export const LARGEST = 2 ** 127;

export interface Look<Shape extends DispatchShape = DispatchShape> extends Run<Shape> {
  /** As the dispatch found it. */
  readonly before: (binding: string) => Float32Array;
  /** What the twin left. */
  readonly want: (binding: string) => Float64Array;
  /** What the device left where the dispatch may write; 0 elsewhere. */
  readonly got: (binding: string) => Float32Array;
  /** Gradients that the twin made and did not store, by replica and tensor. */
  readonly gradientOf: (replica: number, tensor: number) => Float64Array;
}

/** By how much each float of each written binding may differ; everywhere else nothing may. */
export type Allowed = Readonly<Record<string, Float32Array>>;

export type Bound<Shape extends DispatchShape> = (look: Look<Shape>) => Allowed;

/** Nothing allowed yet, for the whole of a binding's buffer. */
export const noneAllowed = ({ want }: Pick<Look, 'want'>, binding: string): Float32Array => new Float32Array(want(binding).length);

/** A matrix in a buffer: rows lie `columns` apart. */
export interface Place {
  readonly data: Float64Array;
  readonly at: number;
  readonly rows: number;
  readonly columns: number;
}

/** Sums of squares of each row, and of each column. */
export function squares({ data, at, rows, columns }: Place): { readonly ofRows: Float64Array; readonly ofColumns: Float64Array } {
  const ofRows = new Float64Array(rows), ofColumns = new Float64Array(columns);
  for (let row = 0, i = at; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++, i++) {
      const square = data[i]! * data[i]!;
      sum += square;
      ofColumns[column]! += square;
    }
    ofRows[row] = sum;
  }
  return { ofRows, ofColumns };
}

/**
 * Expected error of a sum of `depth` products x y that comes to `sum`, in U. Each partial sum s_k is rounded once, so the error
 * has the variance U^2 / 3 times the sum of all s_k^2. Those of terms of either sign, as the drawn operands are, wander like a
 * bridge to `sum`: sum s_k^2 is at most |x|^2 |y|^2 / 2 + depth sum^2 / 3. Neither the order of additions nor the tile matters.
 */
export const sumError = (xx: number, yy: number, depth: number, sum: number): number => Math.sqrt(xx * yy + (depth + 2) * sum * sum);
