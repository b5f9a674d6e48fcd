/** Updates of parameters that lie anywhere in the caller's buffers. There is one replica. */

import { needsNorms } from '../../kernels/rule.ts';
import type { ViewNormsShape } from '../../kernels/view-norms.ts';
import type { TensorView, ViewUpdateShape } from '../../kernels/view-update.ts';
import type { Row } from '../rows.ts';
import type { Run, Twin } from '../twin.ts';
import { applyUpdate, coefficientsOf, flag, isFinite32, type Piece, type UpdatedShape } from './apply.ts';
import { countedCoefficients, isNotFinite, isSkipped, putNorms, scaled } from './norms.ts';

/** Entry `i` of a table of views, as `viewTable` writes it. */
function viewAt(table: Uint32Array, i: number): TensorView {
  const [tensor, state, weights, gradients, length] = table.subarray(5 * i, 5 * (i + 1));
  return { tensor: tensor!, state: 4 * state!, weights: weights!, gradients: gradients!, length: length! };
}

/** `length` floats from `at` on, and zeros up to a whole vec4: state is kept for these too. */
function padded(values: Float64Array, at: number, length: number): Float64Array {
  const out = new Float64Array(4 * Math.ceil(length / 4));
  out.set(values.subarray(at, at + length));
  return out;
}

const operands = ({ floats }: Run<UpdatedShape>, { state, weights, gradients, length }: TensorView): Pick<Piece, 'weights' | 'gradient' | 'state'> =>
  ({ weights: padded(floats('parameters'), weights, length), gradient: padded(floats('gradients'), gradients, length), state });

export const viewNorms: Twin<ViewNormsShape> = (run) => {
  const row = run.rows[0]!;
  for (let i = 0; i < run.shape.views; i++) {
    const view = viewAt(run.words('views'), i), { tensor } = view;
    putNorms(run, { row, replica: 0, tensor, coefficients: countedCoefficients(run, row, 0, tensor), ...operands(run, view) });
  }
};

function updateView(run: Run<ViewUpdateShape>, view: TensorView): void {
  const row = run.rows[0]!, { tensor, weights: at, length } = view, { rule } = run.shape;
  const { scale, coefficients } = needsNorms(rule) ? scaled(run, row, 0, tensor) : { scale: 1, coefficients: coefficientsOf(rule, row, tensor) };
  const { gradient, ...rest } = operands(run, view);
  const weights = applyUpdate(run, { row, replica: 0, tensor, coefficients, ...rest, gradient: gradient.map((g) => scale * g) });
  run.floats('parameters').set(weights.subarray(0, length), at);
}

/** Whether this is not the next update; none runs from then on. */
function isAstray(run: Run<ViewUpdateShape>, { step }: Row): boolean {
  const flags = run.words('flags'), ahead = step - run.words('skips')[2 + (step % 2)]!;
  if (ahead < 0 || ahead >= run.shape.inFlight) flags[run.shape.row.tensors] = 0;
  return flags[run.shape.row.tensors] === 0;
}

export const viewUpdate: Twin<ViewUpdateShape> = (run) => {
  const views = Array.from({ length: run.shape.chunks }, (_, i) => viewAt(run.words('chunks'), i)), row = run.rows[0]!;
  if (isAstray(run, row)) return;
  // Only the dispatch that has the first view of all counts.
  const isFirst = views.some(({ state }) => state === 0);
  if (isFirst) run.words('skips')[3 - (row.step % 2)] = row.step + 1;
  if (!isSkipped(run, row, 0, isFirst)) return views.forEach((view) => updateView(run, view));
  for (const view of views) if (isNotFinite(run, view.tensor)) flag(run, row, 0, view.tensor, operands(run, view).gradient.every(isFinite32));
};
