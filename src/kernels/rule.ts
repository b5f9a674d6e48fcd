/** The update rule a kernel applies: an optimizer's lib file and the penalties that are present. */

import adam from '../../shaders/lib/optimizers/adam.wgsl';
import momentum from '../../shaders/lib/optimizers/momentum.wgsl';
import nesterov from '../../shaders/lib/optimizers/nesterov.wgsl';
import sgd from '../../shaders/lib/optimizers/sgd.wgsl';
import finite from '../../shaders/lib/finite.wgsl';
import update from '../../shaders/lib/update.wgsl';
import type { Constants } from './kernel.ts';

const sources = { sgd, momentum, nesterov, adam };

export type RuleName = keyof typeof sources;

/** Number of f32 state slots per parameter. */
export const STATE_SLOTS: Readonly<Record<RuleName, number>> = { sgd: 0, momentum: 1, nesterov: 1, adam: 2 };

export interface Rule {
  readonly name: RuleName;
  readonly l1Subgradient: boolean;
  readonly l1Proximal: boolean;
  readonly l2Coupled: boolean;
  readonly l2Proximal: boolean;
  readonly weightDecay: boolean;
}

/** Where the arenas lie: floats from one replica to the next, and from one state slot to the next. */
export interface Arena {
  readonly stride: number;
}

export const ruleLibraries = (rule: Rule): string[] => [update, sources[rule.name], finite];

export const ruleConstants = (rule: Rule, arena: Arena): Constants => ({
  STATE_SLOTS: STATE_SLOTS[rule.name],
  PARAMETER_STRIDE: arena.stride / 4,
  SLOT_STRIDE: arena.stride / 4,
  STATE_STRIDE: (STATE_SLOTS[rule.name] * arena.stride) / 4,
  L1_SUBGRADIENT: rule.l1Subgradient,
  L1_PROXIMAL: rule.l1Proximal,
  L2_COUPLED: rule.l2Coupled,
  L2_PROXIMAL: rule.l2Proximal,
  WEIGHT_DECAY: rule.weightDecay,
});

/** Reads and writes of weight and state; the gradient is counted by the kernel that reads or makes it. */
export const ruleBytes = (rule: Rule, parameters: number): number => 8 * parameters * (1 + STATE_SLOTS[rule.name]);

/** Operations per parameter, counted from the lib files; penalties add at most eight. */
const RULE_FLOPS: Readonly<Record<RuleName, number>> = { sgd: 2, momentum: 5, nesterov: 7, adam: 13 };

export const ruleFlops = (rule: Rule, parameters: number): number => parameters * RULE_FLOPS[rule.name];
