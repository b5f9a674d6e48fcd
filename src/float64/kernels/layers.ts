/** The dense layer's three products and its bias gradient. */

import type { BiasGradientShape } from '../../kernels/bias-gradient.ts';
import type { DenseForwardShape } from '../../kernels/dense-forward.ts';
import type { DenseInputGradientShape } from '../../kernels/dense-input-gradient.ts';
import type { DenseWeightGradientShape } from '../../kernels/dense-weight-gradient.ts';
import * as reference from '../../reference/index.ts';
import type { Row } from '../rows.ts';
import { eachActive, put, take, viewed, type Matrix, type Twin } from '../twin.ts';
import { slopes } from '../../reference/dense-input-gradient.ts';
import { multiply, type Strided } from '../product.ts';
import { activationsOf } from '../../reference/dense-forward.ts';
import { activationOf, dropoutOf, layerBelow } from './below.ts';
import { slopesOf } from './slopes.ts';

const transpose = ({ data, row, column }: Strided): Strided => ({ data, row: column, column: row });

const strided = ({ data, at, columns }: Matrix): Strided => ({ data: data.subarray(at), row: columns, column: 1 });

// Input widths are taken with their pads: those are 0 in one factor at least.
export const denseForward: Twin<DenseForwardShape> = (run) => {
  const { product: { rows, columns, depth }, width, transposed, weight, bias, parametersStride, activation, entry, slopes, dropout, keeps } = run.shape;
  eachActive(run, (row, replica) => {
    const data = run.floats('parameters'), first = replica * parametersStride;
    const input = strided(viewed(run, 'input', replica, { rows, columns: depth })), at = first + weight;
    const weights = transposed ? transpose(strided({ data, at, rows: columns, columns: depth })) : strided({ data, at, rows: depth, columns });
    const z = multiply(input, weights, [rows, width, depth]), b = first + bias;
    const sums = z.map((sum, i) => sum + data[b + (i % width)]!);
    if (keeps) put(viewed(run, 'preactivation', replica, { rows, columns, width }), sums);
    const { activation: name, activationNumber } = activationOf(row, activation, entry);
    const activate = activationsOf(name, activationNumber, slopesOf(() => data, slopes, first, width), width), factors = reference.dropoutFactors(rows * width, dropoutOf(row, dropout));
    put(viewed(run, 'output', replica, { rows, columns, width }), sums.map((sum, i) => (factors[i] === 0 ? 0 : activate[i % activate.length]!(sum) * factors[i]!)));
  });
};

export const denseInputGradient: Twin<DenseInputGradientShape> = (run) => {
  const { product: { rows, columns, depth }, width, transposed, weight, parametersStride, below } = run.shape;
  const size = { rows, columns, width };
  eachActive(run, (row, replica) => {
    const delta = strided(viewed(run, 'delta', replica, { rows, columns: depth })), at = replica * parametersStride + weight;
    const own = layerBelow(row, below, take(viewed(run, 'input', replica, size)), rows), slope = slopes(rows * width, own);
    const data = run.floats('parameters'), weights = transposed ? strided({ data, at, rows: depth, columns }) : transpose(strided({ data, at, rows: columns, columns: depth }));
    const sums = multiply(delta, weights, [rows, width, depth]);
    put(viewed(run, 'output', replica, size), sums.map((sum, i) => (slope[i] === 0 ? 0 : (sum + (own.penaltyGradient?.[i] ?? 0)) * slope[i]!)));
  });
};

/** Stores a gradient, added to what earlier batches of the same update, or other uses of the same parameters, left there. */
function store(matrix: Matrix, gradient: Float64Array, row: Row, { accumulate, adds = false }: Pick<BiasGradientShape, 'accumulate' | 'adds'>): void {
  const before = adds || (accumulate && row.startsGroup === 0) ? take(matrix) : undefined;
  put(matrix, before === undefined ? gradient : gradient.map((g, i) => g + before[i]!));
}

/** What the reference of this name says, sooner. */
export const weightGradient = ({ input, delta, batch, inWidth, outWidth }: reference.DenseWeightGradientOptions & { input: Float64Array; delta: Float64Array }): Float64Array =>
  multiply({ data: input, row: 1, column: inWidth }, { data: delta, row: outWidth, column: 1 }, [inWidth, outWidth, batch]);

export const denseWeightGradient: Twin<DenseWeightGradientShape> = (run) => {
  const { product: { rows, columns, depth }, weight, gradientsStride } = run.shape;
  eachActive(run, (row, replica) => {
    const gradient = weightGradient({
      input: take(viewed(run, 'input', replica, { rows: depth, columns: rows })),
      delta: take(viewed(run, 'delta', replica, { rows: depth, columns })),
      batch: depth, inWidth: rows, outWidth: columns,
    });
    store({ data: run.floats('gradients'), at: replica * gradientsStride + weight, rows, columns }, gradient, row, run.shape);
  });
};

export const biasGradient: Twin<BiasGradientShape> = (run) => {
  const { batch, columns, bias, gradientsStride } = run.shape;
  eachActive(run, (row, replica) => {
    const delta = take(viewed(run, 'delta', replica, { rows: batch, columns }));
    const gradient = reference.biasGradient({ delta, batch, outWidth: columns });
    store({ data: run.floats('gradients'), at: replica * gradientsStride + bias, rows: 1, columns }, gradient, row, run.shape);
  });
};
