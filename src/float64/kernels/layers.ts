/** The dense layer's three products and its bias gradient. */

import type { BiasGradientShape } from '../../kernels/bias-gradient.ts';
import type { DenseForwardShape } from '../../kernels/dense-forward.ts';
import type { DenseInputGradientShape } from '../../kernels/dense-input-gradient.ts';
import type { DenseWeightGradientShape } from '../../kernels/dense-weight-gradient.ts';
import * as reference from '../../reference/index.ts';
import type { Row } from '../rows.ts';
import { eachActive, put, take, viewed, type Matrix, type Twin } from '../twin.ts';
import { activationOf, dropoutOf, layerBelow } from './below.ts';

// Input widths are taken with their pads: those are 0 in one factor at least.
export const denseForward: Twin<DenseForwardShape> = (run) => {
  const { product: { rows, columns, depth }, width, weight, bias, parametersStride, activation, dropout } = run.shape;
  eachActive(run, (row, replica) => {
    const data = run.floats('parameters'), first = replica * parametersStride;
    put(viewed(run, 'output', replica, { rows, columns, width }), reference.denseForward({
      input: take(viewed(run, 'input', replica, { rows, columns: depth })),
      weight: take({ data, at: first + weight, rows: depth, columns, width }),
      bias: take({ data, at: first + bias, rows: 1, columns, width }),
      batch: rows, inWidth: depth, outWidth: width, activation: activationOf(activation), dropout: dropoutOf(row, dropout),
    }));
  });
};

export const denseInputGradient: Twin<DenseInputGradientShape> = (run) => {
  const { product: { rows, columns, depth }, width, weight, parametersStride, below } = run.shape;
  const size = { rows, columns, width };
  eachActive(run, (row, replica) => {
    put(viewed(run, 'output', replica, size), reference.denseInputGradient({
      delta: take(viewed(run, 'delta', replica, { rows, columns: depth })),
      weight: take({ data: run.floats('parameters'), at: replica * parametersStride + weight, rows: width, columns: depth }),
      batch: rows, inWidth: width, outWidth: depth, below: layerBelow(row, below, take(viewed(run, 'input', replica, size)), rows),
    }));
  });
};

/** Stores a gradient, added to what earlier batches of the same update left there. */
function store(matrix: Matrix, gradient: Float64Array, row: Row, accumulate: boolean): void {
  const before = accumulate && row.startsGroup === 0 ? take(matrix) : undefined;
  put(matrix, before === undefined ? gradient : gradient.map((g, i) => g + before[i]!));
}

export const denseWeightGradient: Twin<DenseWeightGradientShape> = (run) => {
  const { product: { rows, columns, depth }, weight, gradientsStride, accumulate } = run.shape;
  eachActive(run, (row, replica) => {
    const gradient = reference.denseWeightGradient({
      input: take(viewed(run, 'input', replica, { rows: depth, columns: rows })),
      delta: take(viewed(run, 'delta', replica, { rows: depth, columns })),
      batch: depth, inWidth: rows, outWidth: columns,
    });
    store({ data: run.floats('gradients'), at: replica * gradientsStride + weight, rows, columns }, gradient, row, accumulate);
  });
};

export const biasGradient: Twin<BiasGradientShape> = (run) => {
  const { batch, columns, bias, gradientsStride, accumulate } = run.shape;
  eachActive(run, (row, replica) => {
    const delta = take(viewed(run, 'delta', replica, { rows: batch, columns }));
    const gradient = reference.biasGradient({ delta, batch, outWidth: columns });
    store({ data: run.floats('gradients'), at: replica * gradientsStride + bias, rows: 1, columns }, gradient, row, accumulate);
  });
};
