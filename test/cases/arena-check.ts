/** How exactly an update must come out, and what rounding of its inputs may do to it. */
import { stateSlots, type Rule } from '../../src/kernels/rule.ts';
import { SCALE } from './arena-layout.ts';
import { EPSILON } from './compare.ts';
import { rounding, type Move, type Tolerance } from './twin.ts';

/** Weights are sums of terms of a few SCALE, so are their average and what cumulative L1 took from them. */
const RELATIVE = 8 * EPSILON;
export const ABSOLUTE = 32 * EPSILON * SCALE;
/** Slots with an error of their own beyond that of their inputs; z's curvature times a weight is below SCALE / 8. */
const OWN: Readonly<Record<string, number>> = { average: ABSOLUTE, cumulative: ABSOLUTE, z: EPSILON * SCALE };

/** Where a float of the state lies: [replica][slot][stride]. */
const slotOf = (slots: readonly string[], stride: number, i: number): string => slots[Math.floor(i / stride) % slots.length]!;

export const updateTolerances = (rule: Rule, stride: number): Readonly<Record<string, Tolerance>> => {
  const slots = stateSlots(rule);
  return {
    parameters: { relative: RELATIVE, absolute: ABSOLUTE },
    state: { relative: RELATIVE, absolute: (_, i) => OWN[slotOf(slots, stride, i)] ?? 0 },
  };
};

/** The weights, then slot after slot. */
export const arenaMoves = (rule: Rule, stride: number): Move[] => {
  const slots = stateSlots(rule);
  return [rounding('parameters'), ...slots.map((slot) => rounding('state', (i) => slotOf(slots, stride, i) === slot))];
};
