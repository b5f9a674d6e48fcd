/** The update rule a kernel applies: an optimizer's lib file and what is compiled in around it. */

import average from '../../shaders/lib/average.wgsl';
import count from '../../shaders/lib/count.wgsl';
import finite from '../../shaders/lib/finite.wgsl';
import noSkips from '../../shaders/lib/no-skips.wgsl';
import noTrustRatio from '../../shaders/lib/no-trust-ratio.wgsl';
import normSums from '../../shaders/lib/norm-sums.wgsl';
import normTerms from '../../shaders/lib/norm-terms.wgsl';
import rule from '../../shaders/lib/rule.wgsl';
import scale from '../../shaders/lib/scale.wgsl';
import skips from '../../shaders/lib/skips.wgsl';
import squares from '../../shaders/lib/squares.wgsl';
import unitScale from '../../shaders/lib/unit-scale.wgsl';
import update from '../../shaders/lib/update.wgsl';
import type { Constants } from './kernel.ts';
import { kernelOf, type RuleName } from './optimizers/index.ts';
import { squareConstants } from './squares.ts';

export { RULE_NAMES, type RuleName } from './optimizers/index.ts';

/** What is compiled into an update. What is absent costs nothing. */
export interface Rule {
  readonly name: RuleName;
  readonly l1Subgradient: boolean;
  readonly l1Proximal: boolean;
  readonly l1Decoupled: boolean;
  readonly l1Cumulative: boolean;
  readonly l2Coupled: boolean;
  readonly l2Proximal: boolean;
  readonly weightDecay: boolean;
  readonly nonNegative: boolean;
  /** Max-norm, unit-norm or group lasso: the kernel unit-constraint follows the update. */
  readonly unitRules: boolean;
  readonly orthogonal: boolean;
  /** Penalties on activations. */
  readonly activity: boolean;
  readonly clip: 'none' | 'value' | 'norm' | 'globalNorm';
  /** A running average of the weights. */
  readonly average: boolean;
  /** Updates with a gradient that is not finite are left out. */
  readonly skip: boolean;
}

/** The rule of this name with nothing around it. */
export const bareRule = (name: RuleName): Rule => ({
  name, l1Subgradient: false, l1Proximal: false, l1Decoupled: false, l1Cumulative: false, l2Coupled: false,
  l2Proximal: false, weightDecay: false, nonNegative: false, unitRules: false, orthogonal: false, activity: false,
  clip: 'none', average: false, skip: false,
});

/** The optimizer's own state slots. */
export const optimizerSlots = (name: RuleName): readonly string[] => kernelOf(name).slots;

/** All state slots, in the order in which they lie in the state buffer. */
export const stateSlots = ({ name, l1Cumulative, average }: Rule): readonly string[] => [
  ...optimizerSlots(name), ...(l1Cumulative ? ['cumulative'] : []), ...(average ? ['average'] : []),
];

export const hasTrustRatio = (name: RuleName): boolean => kernelOf(name).trustRatio === true;

/** Whether the update needs the norms of whole tensors: one dispatch more. */
export const needsNorms = (rule: Rule): boolean =>
  hasTrustRatio(rule.name) || rule.clip === 'norm' || rule.clip === 'globalNorm' || rule.skip;

/** Where the arenas lie: floats from one replica to the next, and from one state slot to the next. */
export interface Arena {
  readonly stride: number;
}

/** Workgroups that share a tensor in tensor-norms, and the threads of each. */
export const NORM_GROUPS = 32;
export const NORM_THREADS = 64;

/** The optimizer, and the gradient it sees. */
const optimizerLibraries = ({ name }: Rule): string[] => [rule, kernelOf(name).source];

/** What the optimizer makes of a gradient, and what depends on t. */
const countedLibraries = (of: Rule): string[] =>
  [...optimizerLibraries(of), finite, count, skips, ...(hasTrustRatio(of.name) ? [] : [noTrustRatio])];

/** Norms behind an update. */
export const normLibraries = (of: Rule): string[] => [normTerms, normSums, squares, ...countedLibraries(of)];

/** The update with everything that needs no norms. */
export const updateLibraries = (of: Rule): string[] => [update, average, noSkips, ...optimizerLibraries(of), finite];

/** Rules on units after an update, and their average. */
export const unitLibraries: readonly string[] = [unitScale, squares, average, skips];

/** The update where norms are known. */
export const scaledUpdateLibraries = (of: Rule): string[] => [scale, normSums, squares, update, average, ...countedLibraries(of)];

/** Constants of the optimizer and of the gradient it sees. */
export const optimizerConstants = (of: Rule, arena: Arena): Constants => ({
  OPTIMIZER_SLOTS: optimizerSlots(of.name).length,
  SLOT_STRIDE: arena.stride / 4,
  STATE_STRIDE: (stateSlots(of).length * arena.stride) / 4,
  CLIP_VALUE: of.clip === 'value',
  L1_SUBGRADIENT: of.l1Subgradient,
  L2_COUPLED: of.l2Coupled,
  ...kernelOf(of.name).constants,
});

/** Constants of a whole update. */
export const updateConstants = (of: Rule, arena: Arena): Constants => {
  const slot = (name: string): number => Math.max(0, stateSlots(of).indexOf(name));
  // FTRL's own rule contains its proximal penalties, LARS's and LAMB's their decay.
  const hasOwnPenalties = of.name === 'ftrl';
  return {
    ...optimizerConstants(of, arena),
    CUMULATIVE_SLOT: slot('cumulative'),
    AVERAGE_SLOT: slot('average'),
    L1_PROXIMAL: of.l1Proximal && !hasOwnPenalties,
    L1_DECOUPLED: of.l1Decoupled,
    L1_CUMULATIVE: of.l1Cumulative,
    L2_PROXIMAL: of.l2Proximal && !hasOwnPenalties,
    WEIGHT_DECAY: of.weightDecay && !hasTrustRatio(of.name),
    NON_NEGATIVE: of.nonNegative,
    UNIT_RULES: of.unitRules,
    AVERAGE: of.average,
  };
};

/** Whether an update that overflows the state is left out: a clip by norm is known only after the norms are. */
export const skipsState = ({ skip, clip }: Rule): boolean => skip && clip !== 'norm' && clip !== 'globalNorm';

/** Constants of `norm-terms.wgsl`, and of `count.wgsl`. */
export const normConstants = (of: Rule): Constants => ({
  NORM_GROUPS, TRUST_RATIO: hasTrustRatio(of.name), SKIP_STATE: skipsState(of), ...squareConstants, ...countConstants(of),
});

/** Constants of `scale.wgsl`, and of `count.wgsl`. */
export const scaleConstants = (of: Rule): Constants => ({
  NORM_GROUPS,
  CLIP_NORM: of.clip === 'norm',
  CLIP_GLOBAL_NORM: of.clip === 'globalNorm',
  TRUST_RATIO: hasTrustRatio(of.name),
  ...squareConstants,
  ...countConstants(of),
});

/** Constants of `count.wgsl`. */
export const countConstants = ({ name, skip }: Rule): Constants => {
  const { corrections = [] } = kernelOf(name);
  return {
    SKIP: skip,
    FIRST_MOMENT_CORRECTION: corrections.includes('FIRST_MOMENT'),
    SECOND_MOMENT_CORRECTION: corrections.includes('SECOND_MOMENT'),
    DIRECTION_CORRECTION: corrections.includes('DIRECTION'),
    FIRST_GRADIENT_WHOLE: name === 'momentum',
  };
};

/** Reads and writes of weight and state; the gradient is counted by the kernel that reads or makes it. */
export const ruleBytes = (rule: Rule, parameters: number): number => 8 * parameters * (1 + stateSlots(rule).length);

export const ruleFlops = (rule: Rule, parameters: number): number => parameters * kernelOf(rule.name).flops;
