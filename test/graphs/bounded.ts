/**
 * Numbers with the errors that f32 arithmetic may have left in them, operation by operation, whatever the order of
 * additions, tile or fusion. Roundings are taken as independent: their squares add up (Higham and Mary, "A new approach to
 * probabilistic rounding error analysis", SIAM J. Sci. Comput. 41, 2019), so that an error grows with the root of the number
 * of operations. Worst-case bounds hold too, but of networks eight layers deep they say nothing below one per cent.
 */

/** Unit roundoff of f32. */
export const U = 2 ** -24;

/**
 * How many times its error a value may be off: what adds up along paths that share a rounding is not independent. The worst
 * seen is 1.13, over the twelve graphs of graphs.test.ts, four sets of rules and three steps (SwiftShader).
 */
export const LAMBDA = 4;

/** An exponential is off by (3 + 2 |x|) units in the last place (WGSL 1.0, 15.7.4), a quotient by 2.5. */
export const exponentialError = (x: number): number => (3 + 2 * Math.abs(x)) * 2 * U;

export interface Bounded {
  readonly value: Float64Array;
  /** Of one rounding's size: a LAMBDA-th of the bound. */
  readonly error: Float64Array;
}

export const exact = (value: ArrayLike<number>): Bounded => ({ value: Float64Array.from(value), error: new Float64Array(value.length) });

/** Builds a result element by element. */
export function build(length: number, of: (i: number) => readonly [value: number, error: number]): Bounded {
  const made = { value: new Float64Array(length), error: new Float64Array(length) };
  for (let i = 0; i < length; i++) [made.value[i], made.error[i]] = of(i);
  return made;
}

export const map = ({ value, error }: Bounded, of: (x: number, e: number, i: number) => readonly [number, number]): Bounded =>
  build(value.length, (i) => of(value[i]!, error[i]!, i));

export const scaledBy = ({ value, error }: Bounded, factor: number): Bounded =>
  ({ value: value.map((x) => factor * x), error });

/** a + b, rounded once. */
export const sum = (a: Bounded, b: Bounded): Bounded =>
  map(a, (x, e, i) => [x + b.value[i]!, Math.hypot(e, b.error[i]!, U * (x + b.value[i]!))]);

/** Where an operand's element lies. */
type At = (outer: number, k: number) => number;

/** Sums over k of a(row, k) * b(k, column), plus an addend: each partial sum, of at most the sum of sizes, is rounded once. */
export function product(
  a: Bounded, b: Bounded, [rows, columns, depth]: readonly [number, number, number], atA: At, atB: At, addend?: (column: number) => readonly [number, number],
): Bounded {
  return build(rows * columns, (i) => {
    const row = Math.floor(i / columns), column = i % columns;
    const [start, startError] = addend?.(column) ?? [0, 0];
    let total = start, squares = startError ** 2, size = Math.abs(start);
    for (let k = 0; k < depth; k++) {
      const p = atA(row, k), q = atB(column, k);
      const x = a.value[p]!, dx = a.error[p]!, y = b.value[q]!, dy = b.error[q]!;
      total += x * y;
      squares += (x * dy) ** 2 + (dx * y) ** 2;
      size += Math.abs(x * y);
    }
    return [total, Math.sqrt(squares + (depth + 2) * (U * size) ** 2)];
  });
}
