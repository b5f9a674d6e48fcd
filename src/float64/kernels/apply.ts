/** One update of a tensor or a part of it: what every kernel that changes weights shares. */

import type { DispatchShape } from '../../kernels/kernel.ts';
import { hasTrustRatio, stateSlots, type Arena, type Rule } from '../../kernels/rule.ts';
import { flagOf } from '../../kernels/snapshot.ts';
import { ruleOf } from '../../reference/optimizers/index.ts';
import type { Clip, Coefficients, OptimizerRule, OptimizerState } from '../../reference/optimizers/types.ts';
import { optimizerGradient, updateBy } from '../../reference/update.ts';
import type { Row } from '../rows.ts';
import type { Run } from '../twin.ts';

export interface UpdatedShape extends DispatchShape {
  readonly rule: Rule;
  readonly arena: Arena;
}

export const referenceRule = ({ name }: Rule): OptimizerRule => ruleOf({ optimizer: name });

export const clipOf = ({ clip }: Rule, row: Row): Clip | undefined =>
  (clip === 'value' ? { by: 'value', threshold: row.clip } : undefined);

/** The row's numbers for one tensor. What is not compiled in has no effect, whatever the row says. */
export function coefficientsOf(rule: Rule, row: Row, tensor: number): Coefficients {
  const of = row.tensors[tensor]!;
  const where = (isIn: boolean, value: number): number => (isIn ? value : 0);
  return {
    ...of,
    decay: rule.weightDecay || hasTrustRatio(rule.name) ? of.decay : 1,
    l1Subgradient: where(rule.l1Subgradient, of.l1Subgradient), l2Coupled: where(rule.l2Coupled, of.l2Coupled),
    l1Threshold: where(rule.l1Proximal, of.l1Threshold), l2Proximal: where(rule.l2Proximal, of.l2Proximal),
    l1Decoupled: where(rule.l1Decoupled, of.l1Decoupled), l1Total: rule.l1Cumulative ? of.l1Total : undefined,
    nonNegative: where(rule.nonNegative, of.nonNegative),
    // A rule on units still changes the weights: then its kernel averages.
    averageWeight: rule.average && !(rule.unitRules && of.normBound !== 0) ? row.averageWeight : undefined,
  };
}

/** Where a part of a tensor's state lies: floats into the buffer, in the first slot. */
export const stateAt = ({ rule, arena }: UpdatedShape, replica: number, offset: number): number =>
  replica * stateSlots(rule).length * arena.stride + offset;

export function stateOf(run: Run<UpdatedShape>, at: number, length: number): OptimizerState {
  const { rule, arena } = run.shape;
  return Object.fromEntries(stateSlots(rule).map((slot, s) => {
    const from = at + s * arena.stride;
    return [slot, run.floats('state').slice(from, from + length)];
  }));
}

/** What a kernel on f32 takes for a number that is not finite. */
export const isFinite32 = (value: number): boolean => Number.isFinite(Math.fround(value));

/** Whether all of them are finite. (The arrays' own `every` is several times slower.) */
function areFinite32(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (!isFinite32(values[i]!)) return false;
  return true;
}

/** Whether the metric divides by nothing that is too large for f32: what it divides would not move. */
function allMove(metric: Float64Array): boolean {
  for (let i = 0; i < metric.length; i++) if (Math.fround(1 / metric[i]!) === 0) return false;
  return true;
}

export interface Piece {
  readonly row: Row;
  readonly replica: number;
  readonly tensor: number;
  readonly coefficients: Coefficients;
  readonly weights: Float64Array;
  readonly gradient: Float64Array;
  /** From `stateAt`. */
  readonly state: number;
}

/** Marks a tensor with the step at which it, or its state alone, was not finite; the smallest one wins. */
export function flag(run: Run<UpdatedShape>, { step }: Row, replica: number, tensor: number, isState: boolean): void {
  const flags = run.words('flags'), at = replica * run.shape.row.tensors + tensor;
  flags[at] = Math.min(flags[at]!, flagOf({ step, isState }));
}

/** Elements that are updated at a time: what the references make of them stays in the nearer caches. */
export const BLOCK = 4096;

/** The new weights of a few elements; their state is written. */
function updateBlock(run: Run<UpdatedShape>, { row, coefficients, weights, gradient, state: at }: Piece): { weights: Float64Array; isFinite: boolean; isUsable: boolean } {
  const { rule, arena } = run.shape;
  const seen = optimizerGradient({ weights, gradient }, clipOf(rule, row), coefficients);
  const { metric, weights: after, state } = updateBy(referenceRule(rule), coefficients, { weights, gradient: seen, state: stateOf(run, at, weights.length) });
  stateSlots(rule).forEach((slot, s) => run.floats('state').set(state[slot]!, at + s * arena.stride));
  return {
    weights: after, isFinite: areFinite32(gradient) && areFinite32(after), isUsable: allMove(metric) && Object.values(state).every(areFinite32),
  };
}

/** The new weights; state and flags are written. */
export function applyUpdate(run: Run<UpdatedShape>, piece: Piece): Float64Array {
  const { row, replica, tensor, weights, gradient, state } = piece, out = new Float64Array(weights.length);
  let isFinite = true, isUsable = true;
  // What looks at a whole tensor, its norms, is in the coefficients.
  for (let first = 0; first < out.length; first += BLOCK) {
    const own = (values: Float64Array): Float64Array => values.subarray(first, first + BLOCK);
    const block = updateBlock(run, { ...piece, weights: own(weights), gradient: own(gradient), state: state + first });
    out.set(block.weights, first);
    isFinite &&= block.isFinite;
    isUsable &&= block.isUsable;
  }
  if (!isFinite || !isUsable) flag(run, row, replica, tensor, isFinite);
  return out;
}
