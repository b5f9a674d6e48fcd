/** Bounds on kernels that go over elements once, and on sums of squares. */

import { boundsOf as unitBoundsOf } from '../float64/kernels/units.ts';
import { stateAt } from '../float64/kernels/apply.ts';
import { eachActive, eachUpdated } from '../float64/twin.ts';
import type { ColumnsShape } from '../kernels/columns.ts';
import { tableVec4s, type GatherShape } from '../kernels/gather.ts';
import type { MapShape } from '../kernels/map.ts';
import type { ParameterSumsShape } from '../kernels/parameter-sums.ts';
import { NORM_GROUPS, stateSlots } from '../kernels/rule.ts';
import type { SnapshotShape } from '../kernels/snapshot.ts';
import type { TensorNormsShape } from '../kernels/tensor-norms.ts';
import type { UnitConstraintShape } from '../kernels/unit-constraint.ts';
import { eachElement, scaleOf, startOf } from './bounds-products.ts';
import { FEW, LAMBDA, MANY, noneAllowed, U, type Bound } from './look.ts';

/** A value less a center, times a factor, shifted, and perhaps dropped out; classes are words, and exact. */
export const gather: Bound<GatherShape> = (look) => {
  const { rows, columns, width, normalised, dropout } = look.shape, output = noneAllowed(look, 'output'), want = look.want('output');
  const table = normalised && look.floats('normalisation'), shifts = 2 * 4 * (normalised === undefined ? 0 : tableVec4s(normalised, columns));
  const shiftOf = (column: number): number => (table === undefined ? 0 : Math.abs(table[shifts + (normalised === 'all' ? 0 : column)]!));
  eachActive(look, (row, replica) => {
    const more = 2 * scaleOf(row, dropout), at = startOf(look, 'output', replica);
    eachElement(at, rows, columns, width, (i, _, column) => { output[i] = 4 * U * (Math.abs(want[i]!) + more * shiftOf(column)); });
  });
  return { output };
};

export const map: Bound<MapShape> = (look) => {
  const { rows, columns, width, add, activation, below } = look.shape, output = noneAllowed(look, 'output'), want = look.want('output');
  eachActive(look, (row, replica) => {
    const scale = scaleOf(row, below.dropout), at = startOf(look, 'output', replica);
    const from = (binding: string): ((i: number) => number) => {
      const data = look.floats(binding), start = startOf(look, binding, replica);
      return (i) => Math.abs(data[start + i - at]!);
    };
    const input = from('input'), other = add ? from('other') : () => 0, stored = from('stored');
    const strengths = below.activity === undefined ? undefined : row.tensors[below.activity]!;
    const penalty = (i: number): number => (strengths === undefined ? 0 : (strengths.activityL1 + strengths.activityL2 * stored(i)) / row.groupCount);
    eachElement(at, rows, columns, width, (i) => {
      output[i] = U * (FEW * (Math.abs(want[i]!) + scale * (input(i) + other(i) + penalty(i))) + (activation === undefined ? 0 : MANY * scale));
    });
  });
  return { output };
};

/** A copy is a copy. */
export const columns: Bound<ColumnsShape> = (look) => ({ output: noneAllowed(look, 'output') });
export const snapshot: Bound<SnapshotShape> = (look) => ({ copy: noneAllowed(look, 'copy') });

/** Relative error of a sum of so many terms of one sign. */
const ofSum = (terms: number): number => U * (LAMBDA * Math.sqrt(terms) + FEW);

/** Per chunk sum |w|, sum w^2, a count of zeros, 0. */
export const parameterSums: Bound<ParameterSumsShape> = (look) => {
  const sums = noneAllowed(look, 'sums'), want = look.want('sums'), relative = ofSum(4 * (look.constants['CHUNK'] as number));
  for (let i = 0; i < want.length; i += 4) {
    sums[i] = relative * want[i]!;
    sums[i + 1] = relative * want[i + 1]!;
  }
  return { sums };
};

/** Sums of squares, each group's of its share of the tensor; the third number counts. */
export const tensorNorms: Bound<TensorNormsShape> = (look) => {
  const norms = noneAllowed(look, 'norms'), want = look.want('norms'), { tensors } = look.shape.row;
  eachUpdated(look, (_row, replica) => {
    for (let tensor = 0; tensor < tensors; tensor++) {
      const first = 4 * NORM_GROUPS * (replica * tensors + tensor), length = 4 * look.words('tensors')[2 * tensor + 1]!;
      for (let i = first; i < first + 4 * NORM_GROUPS; i += 4) {
        norms[i] = (ofSum(Math.ceil(length / NORM_GROUPS)) + MANY * U) * want[i]!;
        norms[i + 1] = ofSum(Math.ceil(length / NORM_GROUPS)) * want[i + 1]!;
      }
    }
  });
  return { norms };
};

/** A factor per unit, from its norm; where it shrinks, what is taken off is as exact as the norm. */
export const unitConstraint: Bound<UnitConstraintShape> = (look) => {
  const { arena, weights, rule } = look.shape, parameters = noneAllowed(look, 'parameters'), state = noneAllowed(look, 'state');
  const want = look.want('parameters'), before = look.before('parameters');
  eachUpdated(look, (row, replica) => weights.forEach(({ offset, inputs, paddedOutputs, ...own }) => {
    if (unitBoundsOf(row, own) === undefined) return;
    const relative = ofSum(inputs), at = replica * arena.stride + offset;
    for (let i = at; i < at + inputs * paddedOutputs; i++) parameters[i] = relative * (Math.abs(want[i]!) + Math.abs(before[i]!));
    if (!rule.average) return;
    const slot = stateAt(look.shape, replica, offset) + stateSlots(rule).indexOf('average') * arena.stride;
    for (let i = 0; i < inputs * paddedOutputs; i++) {
      state[slot + i] = parameters[at + i]! + FEW * U * (Math.abs(look.want('state')[slot + i]!) + Math.abs(look.before('state')[slot + i]!));
    }
  }));
  return { parameters, state };
};
