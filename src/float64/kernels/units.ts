/** Rules on the norm of each unit's incoming weights, and the running average of these weights. */

import { stateSlots } from '../../kernels/rule.ts';
import type { UnitConstraintShape, UnitWeight } from '../../kernels/unit-constraint.ts';
import type { ViewUnitConstraintShape } from '../../kernels/view-unit-constraint.ts';
import { average, unitConstraint as constrained, viewUnitConstraint as constrainedView, type UnitBounds } from '../../reference/index.ts';
import type { Row } from '../rows.ts';
import { eachUpdated, type Run, type Twin } from '../twin.ts';
import { stateAt, type UpdatedShape } from './apply.ts';
import { averageWeightOf, wasLeftOut } from './skips.ts';

/** None where the tensor has no rule. */
export function boundsOf({ tensors }: Row, { tensor, lassoFactor }: Pick<UnitWeight, 'tensor' | 'lassoFactor'>): UnitBounds | undefined {
  const { groupThreshold, normBound: bound } = tensors[tensor]!;
  return bound === 0 ? undefined : { groupThreshold: groupThreshold * Math.fround(lassoFactor), minimum: Math.max(-bound, 0), maximum: Math.abs(bound) };
}

/** Averages weights that lie in one piece, whose state starts at `offset` of a slot. */
function putAverage(run: Run<UpdatedShape>, row: Row, replica: number, offset: number, weights: Float64Array): void {
  const { rule, arena } = run.shape;
  if (!rule.average) return;
  const at = stateAt(run.shape, replica, offset) + stateSlots(rule).indexOf('average') * arena.stride, state = run.floats('state');
  state.set(average(state.subarray(at, at + weights.length), weights, averageWeightOf(run, row, replica)), at);
}

export const unitConstraint: Twin<UnitConstraintShape> = (run) =>
  eachUpdated(run, (row, replica) => run.shape.weights.forEach(({ offset, inputs, paddedOutputs, ...own }) => {
    const bounds = boundsOf(row, own), parameters = run.floats('parameters'), at = replica * run.shape.arena.stride + offset;
    if (bounds === undefined || wasLeftOut(run, row, replica)) return;
    const weights = constrained(parameters.subarray(at, at + inputs * paddedOutputs), inputs, paddedOutputs, bounds);
    parameters.set(weights, at);
    putAverage(run, row, replica, offset, weights);
  }));

export const viewUnitConstraint: Twin<ViewUnitConstraintShape> = (run) =>
  run.shape.weights.forEach(({ state, weights: at, inputs, outputs, layout, ...own }) => {
    const row = run.rows[0]!, bounds = boundsOf(row, own), parameters = run.floats('parameters');
    if (bounds === undefined || wasLeftOut(run, row, 0) || run.words('flags')[run.shape.row.tensors] === 0) return;
    parameters.set(constrainedView({ parameters, weights: at, inputs, outputs, layout, bounds }));
    putAverage(run, row, 0, state, parameters.subarray(at, at + inputs * outputs));
  });
