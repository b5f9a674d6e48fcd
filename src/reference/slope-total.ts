import { requireKind } from './check.ts';

/** Gradient of one slope for all columns: the total of slopeGradient's sums. Throws InputError unless they are numbers. */
export function slopeTotal(parts: ArrayLike<number>): number {
  requireKind('slope-total', 'parts', parts, 'values');
  let total = 0;
  for (let i = 0; i < parts.length; i++) total += parts[i]!;
  return total;
}
