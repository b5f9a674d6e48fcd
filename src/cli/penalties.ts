/** Optimizers with what stands around them: which of it is present decides the WGSL, not its size. */
import { clipByGlobalNorm, clipByNorm, clipByValue, type Clip } from '../model/clip.ts';
import type { Optimizer } from '../model/optimizers/index.ts';
import { namedOptimizer } from '../model/optimizers/named.ts';
import { activityL1, l1, l2, maxNorm, nonNegative, orthogonal } from '../model/regularizers.ts';
import { checkDecay } from './optimizers.ts';

/** What may stand around an optimizer, in the words of the command line. */
export interface PenaltyOptions {
  readonly l1?: keyof typeof L1_RULES;
  readonly l2?: keyof typeof L2_RULES;
  readonly weightDecay?: boolean;
  readonly nonNegative?: boolean;
  readonly maxNorm?: boolean;
  readonly clip?: keyof typeof CLIPS;
}

/** Words of the command line for the rules of a penalty, and for clips. */
export const L1_RULES = { prox: 'proximal', subgradient: 'subgradient', decoupled: 'decoupled', cumulative: 'cumulative' } as const;
export const L2_RULES = { coupled: 'coupled', prox: 'proximal' } as const;
export const CLIPS = { value: clipByValue, norm: clipByNorm, 'global-norm': clipByGlobalNorm } satisfies Record<string, (threshold: number) => Clip>;

/** @throws InputError when there is no such optimizer, or it does not take the penalty */
export function optimizerOf(name: string, penalties: PenaltyOptions = {}): Optimizer {
  if (penalties.weightDecay) checkDecay(name);
  return namedOptimizer(name, {
    regularizers: [
      ...(penalties.l1 ? [l1(1e-5, { rule: L1_RULES[penalties.l1] })] : []),
      ...(penalties.l2 ? [l2(1e-4, { rule: L2_RULES[penalties.l2] })] : []),
      ...(penalties.nonNegative ? [nonNegative()] : []),
      ...(penalties.maxNorm ? [maxNorm(2)] : []),
    ],
    ...(penalties.weightDecay && { weightDecay: 1e-2 }),
    ...(penalties.clip && { clip: CLIPS[penalties.clip](1) }),
  });
}

/** Optimizers between whose plans every kernel of the library occurs, the simplest first. */
export const everyKernel = (): Optimizer[] => [
  optimizerOf('sgd'), optimizerOf('sgd', { maxNorm: true }), optimizerOf('sgd', { clip: 'global-norm' }),
  namedOptimizer('sgd', { regularizers: [orthogonal(1e-4), activityL1(1e-4)] }),
];
