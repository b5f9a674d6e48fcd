/** What a kernel's float64 twin is, and how matrices lie in the buffers it is given. */

import type { Constants, DispatchShape, View } from '../kernels/kernel.ts';
import type { Row } from './rows.ts';

/** One dispatch in one step: what the kernel is told, and its buffers, whole, by binding name. */
export interface Run<Shape extends DispatchShape> {
  readonly shape: Shape;
  readonly views: Readonly<Record<string, View>>;
  readonly constants: Constants;
  /** Per replica. */
  readonly rows: readonly Row[];
  readonly floats: (binding: string) => Float64Array;
  readonly words: (binding: string) => Uint32Array;
  /** Told of gradients that a fused kernel makes and does not store: one tensor's, padded. */
  readonly onGradient?: (replica: number, tensor: number, gradient: Float64Array) => void;
}

/** What a dispatch of the kernel does, with the references' arithmetic. */
export type Twin<Shape extends DispatchShape> = (run: Run<Shape>) => void;

/** A matrix in a buffer: its rows lie `columns` apart, of which the first `width` are its own and the others pads. */
export interface Matrix {
  readonly data: Float64Array;
  readonly at: number;
  readonly rows: number;
  readonly columns: number;
  /** Default `columns`. */
  readonly width?: number | undefined;
}

/** Its elements without pads, row after row, in an array of their own. */
export function take({ data, at, rows, columns, width = columns }: Matrix): Float64Array {
  if (width === columns) return data.slice(at, at + rows * columns);
  const out = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) out.set(data.subarray(at + row * columns, at + row * columns + width), row * width);
  return out;
}

/** Stores elements without pads; the pads become 0. */
export function put({ data, at, rows, columns, width = columns }: Matrix, values: Float64Array): void {
  data.fill(0, at, at + rows * columns);
  for (let row = 0; row < rows; row++) data.set(values.subarray(row * width, (row + 1) * width), at + row * columns);
}

/** A replica's matrix at a binding's view. */
export function viewed<Shape extends DispatchShape>(
  { views, floats }: Run<Shape>, binding: string, replica: number, size: Pick<Matrix, 'rows' | 'columns' | 'width'>,
): Matrix {
  const { offset, stride } = views[binding]!;
  return { data: floats(binding), at: offset + replica * stride, ...size };
}

/** Calls `work` for every replica that is not frozen. */
export function eachActive<Shape extends DispatchShape>({ rows }: Run<Shape>, work: (row: Row, replica: number) => void): void {
  rows.forEach((row, replica) => { if (row.isActive !== 0) work(row, replica); });
}

/** Calls `work` for every replica whose weights are updated after this batch. */
export const eachUpdated = <Shape extends DispatchShape>(run: Run<Shape>, work: (row: Row, replica: number) => void): void =>
  eachActive(run, (row, replica) => { if (row.endsGroup !== 0) work(row, replica); });
