/** Updates that are left out, as the kernels count them: two halves of counts, for even and odd updates. */

import type { DispatchShape } from '../../kernels/kernel.ts';
import type { Rule } from '../../kernels/rule.ts';
import type { Row } from '../rows.ts';
import type { Run } from '../twin.ts';

type Counted = Run<DispatchShape & { readonly rule: Rule }>;

/** How many were left out before this update, or with it once it has run. */
const skipsOf = ({ words, rows }: Counted, { t }: Row, replica: number, when: 'before' | 'after'): number =>
  words('skips')[((t + (when === 'before' ? 0 : 1)) % 2) * rows.length + replica]!;

/** Number of this update among those that are not left out, from 1. */
export const ownT = (run: Counted, row: Row, replica: number): number => row.t - skipsOf(run, row, replica, 'before');

/** Hands the count on. */
export function countSkip(run: Counted, row: Row, replica: number, skip: boolean): void {
  run.words('skips')[((row.t + 1) % 2) * run.rows.length + replica] = skipsOf(run, row, replica, 'before') + Number(skip);
}

/** Whether the update that has just run was left out. */
export const wasLeftOut = (run: Counted, row: Row, replica: number): boolean =>
  run.shape.rule.skip && skipsOf(run, row, replica, 'after') !== skipsOf(run, row, replica, 'before');

/** Weight of the new weights in the running average. */
export function averageWeightOf(run: Counted, row: Row, replica: number): number {
  const { averageWeight, averageStart: start, averageEvery: every } = row;
  if (!run.shape.rule.skip) return averageWeight;
  const since = ownT(run, row, replica) - start;
  if (since < 0) return 1;
  if (every === 0) return averageWeight;
  return since % every === 0 ? 1 / (since / every + 1) : 0;
}
