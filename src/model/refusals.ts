/** The pairs of an optimizer and a penalty that mean nothing. What the others mean is in pairs.ts, which training needs not. */

import type { RuleName } from '../kernels/rule.ts';
import type { RegularizerRule, RegularizerType } from './regularizers.ts';

/** A regularizer's type and rule, or the optimizers' decoupled decay. */
export type Penalty = { readonly type: RegularizerType; readonly rule: RegularizerRule } | { readonly type: 'weightDecay'; readonly rule: 'decoupled' };

/** Rules that move all weights of a unit at one rate, so that Euclid's projection is the right one. */
export const ONE_RATE: readonly RuleName[] = ['sgd', 'momentum', 'nesterov', 'lars'];

/** Why a pair is refused and what to use instead; undefined where it is not. */
export function refusalOf(optimizer: RuleName, { type, rule }: Penalty): string | undefined {
  if (type === 'groupLasso') {
    if (optimizer === 'lars') return 'its threshold needs the trust ratio, which only the update before it knows. Use sgd, with or without momentum.';
    if (!ONE_RATE.includes(optimizer)) {
      return 'where each weight has its own metric the proximal step of a norm has no closed form. Use sgd, with or without momentum.';
    }
  }
  if (optimizer !== 'ftrl') return undefined;
  if (type === 'weightDecay') return 'FTRL makes its weights anew from its state, so a decay of the old ones is lost. Use l2(...).';
  return type === 'l1' && rule !== 'proximal' && rule !== 'subgradient'
    ? "FTRL makes its weights anew from its state, so what was cut off comes back. Use l1's rule 'subgradient'."
    : undefined;
}
