/** Norms of whole tensors, and what they change of an update. */

import { hasTrustRatio, NORM_GROUPS, NORM_THREADS, skipsState, type Rule } from '../../kernels/rule.ts';
import { levelOf, levelScale, packedLevels, unpackedLevels } from '../../kernels/squares.ts';
import { clipScale } from '../../reference/clip.ts';
import { ratioed } from '../../reference/optimizers/coefficients.ts';
import type { Coefficients, OptimizerState } from '../../reference/optimizers/types.ts';
import { normVector } from '../../reference/tensor-norms.ts';
import { optimizerGradient } from '../../reference/update.ts';
import type { Row } from '../rows.ts';
import type { Run } from '../twin.ts';
import { clipOf, coefficientsOf, isFinite32, referenceRule, stateOf, type Piece, type UpdatedShape } from './apply.ts';
import { averageWeightOf, countSkip, ownT } from './skips.ts';

/** What the kernels know of t: a skipped update does not count, and the rows then leave corrections and averages to them. */
export function countedCoefficients(run: Run<UpdatedShape>, row: Row, replica: number, tensor: number): Coefficients {
  const { rule } = run.shape, c = coefficientsOf(rule, row, tensor);
  if (!rule.skip) return c;
  const corrected = referenceRule(rule).corrected?.(c, ownT(run, row, replica)) ?? c;
  return c.averageWeight === undefined ? corrected : { ...corrected, averageWeight: averageWeightOf(run, row, replica) };
}

/** Elements with which the update may not be: see `shaders/lib/norm-terms.wgsl`. */
function unusable(rule: Rule, row: Row, { weights, gradient, coefficients }: Piece, state: OptimizerState): boolean[] {
  const found = Array.from(gradient, (g) => !isFinite32(g));
  if (!skipsState(rule)) return found;
  const seen = optimizerGradient({ weights, gradient }, clipOf(rule, row), coefficients);
  const next = referenceRule(rule).step(weights, seen, state, coefficients);
  return found.map((bad, i) => bad || (!hasTrustRatio(rule.name) && Math.fround(1 / next.metric[i]!) === 0) || !Object.values(next.state).every((slot) => isFinite32(slot[i]!)));
}

/** Sums of a tensor's vec4s as the workgroups share them: sum v^2, sum w^2, vec4s that are not finite, 0. */
export function putNorms(run: Run<UpdatedShape>, piece: Piece): void {
  const { row, replica, tensor, coefficients, weights, gradient, state: at } = piece;
  const { rule } = run.shape, norms = run.floats('norms'), first = 4 * NORM_GROUPS * (replica * run.shape.row.tensors + tensor);
  const state = stateOf(run, at, weights.length);
  const vector = normVector(referenceRule(rule), coefficients, { weights, gradient, state }, clipOf(rule, row));
  // Only a trust ratio looks at the weights.
  const measured = [vector, hasTrustRatio(rule.name) ? weights : new Float64Array(weights.length)];
  const groupOf = (i: number): number => first + 4 * (Math.floor(i / (4 * NORM_THREADS)) % NORM_GROUPS);
  // The largest magnitudes come first, in the place of the sums.
  norms.fill(0, first, first + 4 * NORM_GROUPS);
  const each = (work: (at: number, value: number) => void): void => measured.forEach((values, part) => {
    for (let i = 0; i < weights.length; i++) work(groupOf(i) + part, values[i]!);
  });
  each((at, value) => { norms[at] = Math.max(norms[at]!, Math.abs(value)); });
  for (let group = first; group < first + 4 * NORM_GROUPS; group += 4) {
    norms[group + 3] = packedLevels(levelOf(norms[group]!), levelOf(norms[group + 1]!));
    norms.fill(0, group, group + 3);
  }
  each((at, value) => { norms[at]! += (levelScale(unpackedLevels(norms[at | 3]!)[at & 1]!) * value) ** 2; });
  const bad = unusable(rule, row, piece, state);
  for (let i = 0; i < weights.length; i += 4) if (bad.slice(i, i + 4).includes(true)) norms[groupOf(i) + 2]! += 1;
}

/** Sums over groups, of one tensor or, without one, of all. */
function sumOf(run: Run<UpdatedShape>, replica: number, part: 0 | 1 | 2, tensor?: number): number {
  const { tensors } = run.shape.row, [from, to] = tensor === undefined ? [0, tensors] : [tensor, tensor + 1];
  const norms = run.floats('norms').subarray(4 * NORM_GROUPS * (replica * tensors + from), 4 * NORM_GROUPS * (replica * tensors + to));
  const scaleAt = (at: number): number => (part === 2 ? 1 : levelScale(unpackedLevels(norms[at | 3]!)[part]!));
  return norms.reduce((sum, value, i) => (i % 4 === part ? sum + value / scaleAt(i) ** 2 : sum), 0);
}

/** Whether this update is left out. Where this dispatch counts, it hands the count on. */
export function isSkipped(run: Run<UpdatedShape>, row: Row, replica: number, counts = true): boolean {
  if (!run.shape.rule.skip) return false;
  const skip = sumOf(run, replica, 2) > 0;
  if (counts) countSkip(run, row, replica, skip);
  return skip;
}

/** Whether a gradient or new state of this tensor leaves the update out. */
export const isNotFinite = (run: Run<UpdatedShape>, tensor: number): boolean => sumOf(run, 0, 2, tensor) > 0;

/** Factor of the gradient, and the coefficients with their trust ratio. */
export function scaled(run: Run<UpdatedShape>, row: Row, replica: number, tensor: number): { scale: number; coefficients: Coefficients } {
  const { rule } = run.shape, c = countedCoefficients(run, row, replica, tensor);
  const norm = (part: 0 | 1, of?: number): number => Math.sqrt(sumOf(run, replica, part, of));
  return {
    scale: rule.clip === 'norm' ? clipScale(row.clip, norm(0, tensor)) : rule.clip === 'globalNorm' ? clipScale(row.clip, norm(0)) : 1,
    coefficients: hasTrustRatio(rule.name) ? ratioed(referenceRule(rule), c, norm(1, tensor), norm(0, tensor)) : c,
  };
}
