/** Bounds on what products of matrices may be off, with what is done to them before they are stored. */

import type { Row } from '../float64/rows.ts';
import { eachActive, eachUpdated } from '../float64/twin.ts';
import { activationNamed } from '../kernels/activations/index.ts';
import type { Below } from '../kernels/below.ts';
import type { BiasGradientShape } from '../kernels/bias-gradient.ts';
import type { DenseForwardShape } from '../kernels/dense-forward.ts';
import type { DenseInputGradientShape } from '../kernels/dense-input-gradient.ts';
import type { DenseWeightGradientShape } from '../kernels/dense-weight-gradient.ts';
import type { Dropout } from '../kernels/dropout.ts';
import { gramSize, type GramShape } from '../kernels/gram.ts';
import type { OrthogonalGradientShape } from '../kernels/orthogonal-gradient.ts';
import { FEW, LAMBDA, MANY, noneAllowed, squares, sumError, U, type Bound, type Look, type Place } from './look.ts';

/** Where a binding's matrix starts for a replica. */
export const startOf = ({ views }: Pick<Look, 'views'>, binding: string, replica: number): number =>
  views[binding]!.offset + replica * views[binding]!.stride;

/** What dropout multiplies kept values by. */
export const scaleOf = ({ layers }: Row, dropout: Dropout | undefined): number => (dropout === undefined ? 1 : layers[dropout.index]!.scale);

/** Calls `of` with each element of a matrix that is no pad, and where it lies. */
export function eachElement(at: number, rows: number, columns: number, width: number, of: (i: number, row: number, column: number) => void): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) of(at + row * columns + column, row, column);
  }
}

/** Sums of squares behind each column of a product, of weights that lie as [depth, columns] or, transposed, as [columns, depth]. */
const rightSquares = ({ data, at, depth, columns, width, transposed }: Pick<Place, 'data' | 'at' | 'columns'> & { depth: number; width: number; transposed: boolean }): Float64Array =>
  (transposed ? squares({ data, at, rows: width, columns: depth }).ofRows : squares({ data, at, rows: depth, columns }).ofColumns);

export const denseForward: Bound<DenseForwardShape> = (look) => {
  const { product: { rows, columns, depth }, width, transposed, weight, bias, parametersStride, activation, slopes, dropout, keeps } = look.shape;
  const output = noneAllowed(look, 'output'), want = look.want('output'), kept = keeps ? noneAllowed(look, 'preactivation') : undefined;
  // Little is known of z behind a curve: four times what it is expected to be. Farther out the curve is flat, or goes on as z does.
  const isStraight = activation === undefined || activationNamed(activation).keepsMask;
  eachActive(look, (row, replica) => {
    const data = look.floats('parameters'), first = replica * parametersStride, scale = scaleOf(row, dropout);
    const x = squares({ data: look.floats('input'), at: startOf(look, 'input', replica), rows, columns: depth }).ofRows;
    const w = rightSquares({ data, at: first + weight, depth, columns, width: columns, transposed: transposed === true });
    const at = startOf(look, 'output', replica), keptAt = kept === undefined ? 0 : startOf(look, 'preactivation', replica);
    eachElement(at, rows, columns, width, (i, r, c) => {
      const b = data[first + bias + c]!, xx = x[r]!, ww = w[c]!;
      const z = Math.abs(want[i]! / scale) + (isStraight ? 0 : 4 * Math.sqrt((xx * ww) / depth));
      const steepest = slopes === undefined ? 1 : Math.max(1, Math.abs(data[first + slopes.offset + (slopes.isPerUnit ? c : 0)]!));
      output[i] = U * (LAMBDA * scale * steepest * sumError(xx, ww, depth, z + Math.abs(b)) + FEW * Math.abs(want[i]!) + (isStraight ? 0 : MANY * scale));
      if (kept === undefined) return;
      const own = Math.abs(look.want('preactivation')[keptAt + i - at]!);
      kept[keptAt + i - at] = U * (LAMBDA * sumError(xx, ww, depth, own + Math.abs(b)) + FEW * own);
    });
  });
  return { output, ...(kept && { preactivation: kept }) };
};

/** Penalties' part of a gradient, at most. */
function penaltyOf({ tensors, groupCount }: Row, { activity }: Below, stored: (i: number) => number): (i: number) => number {
  if (activity === undefined) return () => 0;
  const { activityL1, activityL2 } = tensors[activity]!;
  return (i) => (activityL1 + activityL2 * Math.abs(stored(i))) / groupCount;
}

interface InputGradient {
  readonly below: Below;
  readonly row: Row;
  readonly output: { readonly binding: string; readonly at: number };
  readonly stored: { readonly binding: string; readonly at: number };
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  readonly depth: number;
  /** Sums of squares of a delta's rows and of a weight's; errors of the delta's rows. */
  readonly delta: Float64Array;
  readonly weight: Float64Array;
  readonly deltaError?: Float64Array;
}

/** A gradient of a layer's input, behind the slope of what lies below. */
export function allowInputGradient(look: Look, allowed: Float32Array, { below, row, output, stored, rows, columns, width, depth, delta, weight, deltaError }: InputGradient): void {
  const want = look.want(output.binding), data = look.floats(stored.binding), scale = scaleOf(row, below.dropout);
  const penalty = penaltyOf(row, below, (i) => data[stored.at + i]!);
  eachElement(output.at, rows, columns, width, (i, r, c) => {
    const sum = sumError(delta[r]!, weight[c]!, depth, Math.abs(want[i]! / scale) + penalty(i - output.at));
    const handed = deltaError === undefined ? 0 : deltaError[r]! * Math.sqrt(depth * weight[c]!);
    allowed[i] = scale * (LAMBDA * U * sum + handed) + FEW * U * Math.abs(want[i]!);
  });
}

export const denseInputGradient: Bound<DenseInputGradientShape> = (look) => {
  const { product: { rows, columns, depth }, width, transposed, weight, parametersStride, below } = look.shape;
  const output = noneAllowed(look, 'output');
  eachActive(look, (row, replica) => allowInputGradient(look, output, {
    below, row, rows, columns, width, depth,
    output: { binding: 'output', at: startOf(look, 'output', replica) }, stored: { binding: 'input', at: startOf(look, 'input', replica) },
    delta: squares({ data: look.floats('delta'), at: startOf(look, 'delta', replica), rows, columns: depth }).ofRows,
    weight: rightSquares({ data: look.floats('parameters'), at: replica * parametersStride + weight, depth, columns, width, transposed: transposed !== true }),
  }));
  return { output };
};

/** Adds what a product that lies at `at` may be off: row by row the sums of squares of its operands. */
function allowProduct(
  allowed: Float32Array, at: number, [x, y]: readonly [Float64Array, Float64Array], depth: number, sum: (i: number) => number, more: (i: number) => number,
): void {
  eachElement(at, x.length, y.length, y.length, (i, r, c) => {
    allowed[i] = U * (LAMBDA * sumError(x[r]!, y[c]!, depth, sum(i)) + more(i));
  });
}

/** Whether a gradient is added to what is there. */
const isAdded = ({ accumulate, adds }: Pick<BiasGradientShape, 'accumulate' | 'adds'>, { startsGroup }: Row): boolean => adds === true || (accumulate && startsGroup === 0);

export const denseWeightGradient: Bound<DenseWeightGradientShape> = (look) => {
  const { product: { rows, columns, depth }, weight, gradientsStride } = look.shape;
  const gradients = noneAllowed(look, 'gradients'), want = look.want('gradients'), before = look.before('gradients');
  eachActive(look, (row, replica) => {
    const old = (i: number): number => (isAdded(look.shape, row) ? Math.abs(before[i]!) : 0);
    const x = squares({ data: look.floats('input'), at: startOf(look, 'input', replica), rows: depth, columns: rows }).ofColumns;
    const d = squares({ data: look.floats('delta'), at: startOf(look, 'delta', replica), rows: depth, columns }).ofColumns;
    allowProduct(gradients, replica * gradientsStride + weight, [x, d], depth, (i) => Math.abs(want[i]!) + old(i), (i) => FEW * (Math.abs(want[i]!) + old(i)));
  });
  return { gradients };
};

export const biasGradient: Bound<BiasGradientShape> = (look) => {
  const { batch, columns, bias, gradientsStride } = look.shape;
  const gradients = noneAllowed(look, 'gradients'), want = look.want('gradients'), before = look.before('gradients');
  eachActive(look, (row, replica) => {
    const old = (i: number): number => (isAdded(look.shape, row) ? Math.abs(before[i]!) : 0);
    const d = squares({ data: look.floats('delta'), at: startOf(look, 'delta', replica), rows: batch, columns }).ofColumns;
    allowProduct(gradients, replica * gradientsStride + bias, [Float64Array.of(batch), d], batch, (i) => Math.abs(want[i]!) + old(i), (i) => FEW * (Math.abs(want[i]!) + old(i)));
  });
  return { gradients };
};

const weightOf = ({ shape, floats }: Look<GramShape>, replica: number): Place =>
  ({ data: floats('parameters'), at: replica * shape.parametersStride + shape.weight, rows: shape.inputs, columns: shape.outputs });

export const gram: Bound<GramShape> = (look) => {
  const { inputs, outputs, wide, tensor } = look.shape, allowed = noneAllowed(look, 'gram'), want = look.want('gram');
  eachUpdated(look, ({ tensors }, replica) => {
    if (tensors[tensor]!.orthogonal === 0) return;
    const { ofRows, ofColumns } = squares(weightOf(look, replica)), own = wide ? ofRows : ofColumns;
    allowProduct(allowed, startOf(look, 'gram', replica), [own, own], wide ? outputs : inputs, (i) => want[i]!, () => 0);
  });
  return { gram: allowed };
};

export const orthogonalGradient: Bound<OrthogonalGradientShape> = (look) => {
  const { inputs, outputs, wide, tensor, gradientsStride, weight } = look.shape, size = gramSize(look.shape);
  const gradients = noneAllowed(look, 'gradients'), want = look.want('gradients'), before = look.before('gradients');
  eachUpdated(look, ({ tensors }, replica) => {
    const { orthogonal } = tensors[tensor]!;
    if (orthogonal === 0) return;
    const { ofRows, ofColumns } = squares(weightOf(look, replica));
    // With the identity taken off, which rounds once.
    const g = squares({ data: look.floats('gram'), at: startOf(look, 'gram', replica), rows: size, columns: size }).ofRows.map((square) => square + 1);
    const [x, y] = wide ? [g, ofColumns] : [ofRows, g];
    eachElement(replica * gradientsStride + weight, inputs, outputs, outputs, (i, r, c) => {
      const added = Math.abs(want[i]! - before[i]!);
      gradients[i] = U * (LAMBDA * orthogonal * sumError(x[r]!, y[c]!, size, added / orthogonal) + FEW * (Math.abs(want[i]!) + Math.abs(before[i]!) + added));
    });
  });
  return { gradients };
};
