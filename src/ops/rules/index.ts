/** All fusion rules, in the order in which they are applied. */

import type { OpGraph } from '../op.ts';
import { epilogue } from './epilogue.ts';
import { fusedHead } from './fused-head.ts';
import { oneDispatchUpdate } from './one-dispatch-update.ts';
import type { Applied, Facts, FusionRule } from './rule.ts';
import { slopeInEpilogue } from './slope-in-epilogue.ts';
import { updateInEpilogue } from './update-in-epilogue.ts';

export type { Applied, Facts, FusionRule } from './rule.ts';

/** Slopes first: what they read decides what forward must store. */
export const FUSION_RULES: readonly FusionRule[] = [slopeInEpilogue, epilogue, fusedHead, updateInEpilogue, oneDispatchUpdate];

/** Applies the rules of these names; of the others it is said that they were not asked for. */
export function fuse(graph: OpGraph, names: readonly string[], facts: Facts): Applied {
  return FUSION_RULES.reduce<Applied>(({ graph: now, notes }, rule) => {
    if (!names.includes(rule.name)) {
      return { graph: now, notes: [...notes, { rule: rule.name, fired: false, on: now.name, why: 'this fusion leaves it out' }] };
    }
    const applied = rule.apply(now, facts);
    return { graph: applied.graph, notes: [...notes, ...applied.notes] };
  }, { graph, notes: [] });
}
