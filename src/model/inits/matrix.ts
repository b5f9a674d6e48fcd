import { normals } from '../../random.ts';
import type { MatrixInit, Values } from './init.ts';
import { orthonormal } from './orthonormal.ts';

/** Row after row, of a matrix that is kept column after column, or the other way round. */
const turned = (values: Float64Array, rows: number, columns: number): Float64Array<ArrayBuffer> =>
  new Float64Array(values.length).map((_, i) => values[(i % columns) * rows + Math.floor(i / columns)]!);

/** What is wanted of a matrix as a whole. With fewer inputs than outputs its rows are the columns of the tall matrix. */
export const matrix: Values<MatrixInit> = ({ type, gain = 1 }, { shape, length }, seed, stream) => {
  const [inputs, outputs] = shape as [number, number];
  if (type === 'identity') return new Float64Array(length).map((_, i) => (i % outputs === Math.floor(i / outputs) ? gain : 0));
  const drawn = normals(length, seed, stream);
  const found = inputs < outputs ? orthonormal(drawn, outputs, inputs) : turned(orthonormal(turned(drawn, outputs, inputs), inputs, outputs), inputs, outputs);
  return found.map((x) => gain * x);
};
