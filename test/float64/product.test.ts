/** Products in blocks are the sums that they stand for, whatever is left at the edges, and however the operands lie. */
import { describe, expect, test } from 'vitest';
import { multiply, type Strided } from '../../src/float64/product.ts';
import { signedUniforms } from '../reference/random.ts';

type Size = readonly [rows: number, columns: number, depth: number];

const at = ({ data, row, column }: Strided, i: number, j: number): number => data[i * row + j * column]!;

function plain(left: Strided, right: Strided, [rows, columns, depth]: Size): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < depth; k++) sum += at(left, Math.floor(i / columns), k) * at(right, k, i % columns);
    return sum;
  });
}

/** Its rows, or its columns, lie one after the other, with some numbers between. */
function matrix(rows: number, columns: number, id: number, isTransposed = false): Strided {
  const gap = 2, data = signedUniforms((rows + gap) * (columns + gap), id);
  return isTransposed ? { data, row: 1, column: rows + gap } : { data, row: columns + gap, column: 1 };
}

const SIZES: readonly Size[] = [1, 3, 4, 5, 9, 12].flatMap((rows) => [1, 2, 3, 4, 8].map((columns): Size => [rows, columns, 7]));

describe('a product is its sums', () => {
  test.each([[false, false], [true, false], [false, true], [true, true]])('left transposed %s, right transposed %s', (left, right) => {
    for (const size of SIZES) {
      const a = matrix(size[0], size[2], 1, left), b = matrix(size[2], size[1], 2, right);
      expect(multiply(a, b, size), size.join(' ')).toEqual(plain(a, b, size));
    }
  });

  test('more rows than a panel has', () => {
    const size = [37, 6, 300] as const, a = matrix(37, 300, 1), b = matrix(300, 6, 2);
    expect(multiply(a, b, size)).toEqual(plain(a, b, size));
  });
});

describe('rows that repeat the one before', () => {
  const repeated = (of: readonly number[], depth: number): Strided => {
    const rows = matrix(10, depth, 3), data = new Float64Array(of.length * depth);
    of.forEach((row, i) => { for (let k = 0; k < depth; k++) data[i * depth + k] = at(rows, row, k); });
    return { data, row: depth, column: 1 };
  };

  test.each([[[0, 0]], [[0, 1, 1, 1, 2]], [[0, 0, 0, 1, 0, 2, 2, 3, 4, 5, 5]], [[3, 3, 3, 3, 3, 3]], [[0, 1, 2, 3, 4, 5, 6, 6]]])('%j', (of) => {
    const size = [of.length, 5, 4] as const, a = repeated(of, 4), b = matrix(4, 5, 2);
    expect(multiply(a, b, size)).toEqual(plain(a, b, size));
  });

  test('rows that differ in the last number only do not', () => {
    const a = repeated([0, 0, 0, 0], 4), b = matrix(4, 5, 2);
    a.data[11]! += 2 ** -50;
    expect(multiply(a, b, [4, 5, 4])).toEqual(plain(a, b, [4, 5, 4]));
  });

  test('what is no number is none in every one of them', () => {
    const a = repeated([0, 0, 1], 4), b = matrix(4, 5, 2);
    a.data[1] = a.data[5] = NaN;
    expect(multiply(a, b, [3, 5, 4])).toEqual(plain(a, b, [3, 5, 4]));
  });
});
