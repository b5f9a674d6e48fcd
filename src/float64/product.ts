/** Products of matrices in float64, fast enough for a test of whole networks. The references' plain loops say what they are. */

/** A matrix of rows that lie `row` apart and elements that lie `column` apart; its transpose has these swapped. */
export interface Strided {
  readonly data: Float64Array;
  readonly row: number;
  readonly column: number;
}

/** Numbers of a cache line: of a matrix that is transposed none is fetched twice. */
const LINE = 8;

/** Its rows one after the other. */
function packed({ data, row, column }: Strided, rows: number, columns: number): Float64Array {
  if (column === 1 && row === columns) return data;
  const out = new Float64Array(rows * columns);
  for (let first = 0; first < rows; first += LINE) {
    const end = Math.min(rows, first + LINE);
    for (let j = 0; j < columns; j++) {
      for (let i = first; i < end; i++) out[i * columns + j] = data[i * row + j * column]!;
    }
  }
  return out;
}

/** One element, for the edges. */
function dot(a: Float64Array, b: Float64Array, i: number, j: number, depth: number): number {
  let sum = 0;
  for (let k = 0; k < depth; k++) sum += a[i + k]! * b[j + k]!;
  return sum;
}

/** Four rows by three columns at a time: as many sums as stay in registers. */
function block(a: Float64Array, b: Float64Array, out: Float64Array, i: number, j: number, columns: number, depth: number): void {
  let s00 = 0, s01 = 0, s02 = 0, s10 = 0, s11 = 0, s12 = 0, s20 = 0, s21 = 0, s22 = 0, s30 = 0, s31 = 0, s32 = 0;
  let a0 = i * depth, a1 = a0 + depth, a2 = a1 + depth, a3 = a2 + depth, b0 = j * depth, b1 = b0 + depth, b2 = b1 + depth;
  for (const end = a0 + depth; a0 < end; a0++, a1++, a2++, a3++, b0++, b1++, b2++) {
    const y0 = b[b0]!, y1 = b[b1]!, y2 = b[b2]!, x0 = a[a0]!, x1 = a[a1]!, x2 = a[a2]!, x3 = a[a3]!;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
  }
  let at = i * columns + j;
  out[at] = s00;
  out[at + 1] = s01;
  out[at + 2] = s02;
  at += columns;
  out[at] = s10;
  out[at + 1] = s11;
  out[at + 2] = s12;
  at += columns;
  out[at] = s20;
  out[at + 1] = s21;
  out[at + 2] = s22;
  at += columns;
  out[at] = s30;
  out[at + 1] = s31;
  out[at + 2] = s32;
}

/** Numbers of rows that stay in the nearest cache while the columns pass by: 16 KB of them. */
const PANEL = 2048;

type Size = readonly [rows: number, columns: number, depth: number];

/** Of packed rows and packed columns. */
function product(a: Float64Array, b: Float64Array, [rows, columns, depth]: Size): Float64Array {
  const out = new Float64Array(rows * columns), wholeRows = rows - (rows % 4), wholeColumns = columns - (columns % 3);
  const panel = 4 * Math.max(1, Math.floor(PANEL / (4 * depth)));
  for (let first = 0; first < wholeRows; first += panel) {
    const end = Math.min(wholeRows, first + panel);
    for (let j = 0; j < wholeColumns; j += 3) {
      for (let i = first; i < end; i += 4) block(a, b, out, i, j, columns, depth);
    }
  }
  for (let i = 0; i < rows; i++) {
    for (let j = i < wholeRows ? wholeColumns : 0; j < columns; j++) out[i * columns + j] = dot(a, b, i * depth, j * depth, depth);
  }
  return out;
}

/** The rows that differ from the one before. */
function runsOf(a: Float64Array, rows: number, depth: number): number[] {
  const isRepeated = (row: number): boolean => {
    for (let i = row * depth, end = i + depth; i < end; i++) if (a[i] !== a[i - depth]) return false;
    return true;
  };
  return Array.from({ length: rows }, (_, row) => row).filter((row) => row === 0 || !isRepeated(row));
}

/** left [rows, depth] times right [depth, columns]. Rows that repeat the one before, as those without a sample do, cost nothing. */
export function multiply(left: Strided, right: Strided, [rows, columns, depth]: Size): Float64Array {
  const a = packed(left, rows, depth), b = packed({ data: right.data, row: right.column, column: right.row }, columns, depth);
  const runs = runsOf(a, rows, depth);
  if (runs.length === rows) return product(a, b, [rows, columns, depth]);
  const firsts = new Float64Array(runs.length * depth), out = new Float64Array(rows * columns);
  runs.forEach((row, i) => firsts.set(a.subarray(row * depth, (row + 1) * depth), i * depth));
  const own = product(firsts, b, [runs.length, columns, depth]);
  runs.forEach((row, i) => {
    const values = own.subarray(i * columns, (i + 1) * columns);
    for (let to = row; to < (runs[i + 1] ?? rows); to++) out.set(values, to * columns);
  });
  return out;
}
