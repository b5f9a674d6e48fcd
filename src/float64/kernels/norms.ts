/** Norms of whole tensors, and what they change of an update. */

import { hasTrustRatio, NORM_GROUPS, NORM_THREADS } from '../../kernels/rule.ts';
import { clipScale } from '../../reference/clip.ts';
import { ratioed } from '../../reference/optimizers/coefficients.ts';
import type { Coefficients } from '../../reference/optimizers/types.ts';
import { normVector } from '../../reference/tensor-norms.ts';
import type { Row } from '../rows.ts';
import type { Run } from '../twin.ts';
import { clipOf, coefficientsOf, isFinite32, referenceRule, stateOf, type Piece, type UpdatedShape } from './apply.ts';

/** What the kernels know of t: a skipped update does not count, and the rows then leave corrections to them. */
export function countedCoefficients(run: Run<UpdatedShape>, row: Row, replica: number, tensor: number): Coefficients {
  const { rule } = run.shape, c = coefficientsOf(rule, row, tensor);
  if (!rule.skip) return c;
  const skipped = run.words('skips')[(row.t % 2) * run.rows.length + replica]!;
  return referenceRule(rule).corrected?.(c, row.t - skipped) ?? c;
}

/** Sums of a tensor's vec4s as the workgroups share them: sum v^2, sum w^2, vec4s that are not finite, 0. */
export function putNorms(run: Run<UpdatedShape>, { row, replica, tensor, coefficients, weights, gradient, state: at }: Piece): void {
  const { rule } = run.shape, norms = run.floats('norms'), first = 4 * NORM_GROUPS * (replica * run.shape.row.tensors + tensor);
  const state = stateOf(run, at, weights.length);
  const vector = normVector(referenceRule(rule), coefficients, { weights, gradient, state }, clipOf(rule, row));
  norms.fill(0, first, first + 4 * NORM_GROUPS);
  for (let i = 0; i < weights.length; i++) {
    const group = first + 4 * (Math.floor(i / (4 * NORM_THREADS)) % NORM_GROUPS);
    norms[group]! += vector[i]! ** 2;
    // Only a trust ratio looks at the weights.
    if (hasTrustRatio(rule.name)) norms[group + 1]! += weights[i]! ** 2;
    if (i % 4 === 0 && !gradient.subarray(i, i + 4).every(isFinite32)) norms[group + 2]! += 1;
  }
}

/** Sums over groups, of one tensor or, without one, of all. */
function sumOf(run: Run<UpdatedShape>, replica: number, part: 0 | 1 | 2, tensor?: number): number {
  const { tensors } = run.shape.row, [from, to] = tensor === undefined ? [0, tensors] : [tensor, tensor + 1];
  const norms = run.floats('norms').subarray(4 * NORM_GROUPS * (replica * tensors + from), 4 * NORM_GROUPS * (replica * tensors + to));
  return norms.reduce((sum, value, i) => (i % 4 === part ? sum + value : sum), 0);
}

/**
 * Whether this update is left out. Where this dispatch counts, the half of the counts that t's parity does not name takes
 * the new count.
 */
export function isSkipped(run: Run<UpdatedShape>, { t }: Row, replica: number, counts = true): boolean {
  if (!run.shape.rule.skip) return false;
  const skips = run.words('skips'), replicas = run.rows.length, half = t % 2;
  const skip = sumOf(run, replica, 2) > 0;
  if (counts) skips[(1 - half) * replicas + replica] = skips[half * replicas + replica]! + Number(skip);
  return skip;
}

/** Factor of the gradient, and the coefficients with their trust ratio. */
export function scaled(run: Run<UpdatedShape>, row: Row, replica: number, tensor: number): { scale: number; coefficients: Coefficients } {
  const { rule } = run.shape, c = countedCoefficients(run, row, replica, tensor);
  const norm = (part: 0 | 1, of?: number): number => Math.sqrt(sumOf(run, replica, part, of));
  return {
    scale: rule.clip === 'norm' ? clipScale(row.clip, norm(0, tensor)) : rule.clip === 'globalNorm' ? clipScale(row.clip, norm(0)) : 1,
    coefficients: hasTrustRatio(rule.name) ? ratioed(referenceRule(rule), c, norm(1, tensor), norm(0, tensor)) : c,
  };
}
