/** The two products behind the orthogonal penalty. */

import { gramSize, type GramShape } from '../../kernels/gram.ts';
import type { OrthogonalGradientShape } from '../../kernels/orthogonal-gradient.ts';
import * as reference from '../../reference/index.ts';
import { eachUpdated, put, take, viewed, type Matrix, type Run, type Twin } from '../twin.ts';

/** Calls `work` for every replica that feels the penalty; the row holds 4 * strength. */
function eachPenalised(run: Run<GramShape>, work: (replica: number, strength: number) => void): void {
  eachUpdated(run, ({ tensors }, replica) => {
    const { orthogonal } = tensors[run.shape.tensor]!;
    if (orthogonal !== 0) work(replica, orthogonal / 4);
  });
}

const matrixAt = (data: Float64Array, first: number, { inputs, outputs, weight }: GramShape): Matrix =>
  ({ data, at: first + weight, rows: inputs, columns: outputs });

const optionsOf = (run: Run<GramShape>, replica: number): reference.GramOptions => {
  const { shape } = run;
  const weight = take(matrixAt(run.floats('parameters'), replica * shape.parametersStride, shape));
  return { weight, inWidth: shape.inputs, outWidth: shape.outputs, byRows: shape.wide };
};

const gramMatrix = (run: Run<GramShape>, replica: number): Matrix =>
  viewed(run, 'gram', replica, { rows: gramSize(run.shape), columns: gramSize(run.shape) });

export const gram: Twin<GramShape> = (run) =>
  eachPenalised(run, (replica) => put(gramMatrix(run, replica), reference.gram(optionsOf(run, replica))));

export const orthogonalGradient: Twin<OrthogonalGradientShape> = (run) =>
  eachPenalised(run, (replica, strength) => {
    const gradients = matrixAt(run.floats('gradients'), replica * run.shape.gradientsStride, run.shape);
    put(gradients, reference.orthogonalGradient({
      ...optionsOf(run, replica), gram: take(gramMatrix(run, replica)), gradient: take(gradients), strength,
    }));
  });
